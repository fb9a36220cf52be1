import type { SampleLine } from '../protocol/gateway-events.ts';
import { throttlingReader } from '../system/cgroup.ts';
import type { startDelay } from '../system/loop-delay.ts';
import { memoryReader } from '../system/own-memory.ts';
import type { Out } from './event-writer.ts';
import type { Peers } from './peers.ts';
import type { Turns } from './turns.ts';

interface Sources {
  /** Whether there are TLS handshakes to count. */
  secure: boolean;
  /** Time in our own code so far, ms. */
  own: { ms: number };
  peers: Peers;
  turns: Pick<Turns, 'waiting'>;
  bets: SampleLine['bets'];
  out: Out;
  delay: ReturnType<typeof startDelay>;
}

/**
 * Prepares the samples, one each `everyMs` milliseconds once `start` is called. What it needs open it opens here, before
 * the first user can take the last descriptor.
 */
export function sampler({ secure, own, peers, turns, bets, out, delay }: Sources, everyMs: number) {
  const memory = memoryReader();
  const throttling = throttlingReader();
  let timer: NodeJS.Timeout | undefined;

  const sample = () => {
    const throttled = throttling();
    out.write({
      event: 'sample',
      at: Date.now(),
      open: peers.open.size,
      accepted: peers.accepted,
      ...(turns.waiting !== undefined && { waiting: turns.waiting }),
      ...(secure && {
        handshakesBegun: peers.handshakesBegun,
        handshakes: peers.handshakes,
        ownMs: Math.round(own.ms),
      }),
      upgraded: peers.upgraded,
      closed: peers.closed,
      reasons: peers.reasons,
      ...(throttled && { throttled }),
      ...delay.take(),
      bets,
      memory: memory(),
      dropped: out.dropped,
    });
  };

  return {
    /** Begins with one at once: a load may hold the loop from then on, and what it held is known from the sample before. */
    start() {
      sample();
      timer = setInterval(sample, everyMs);
    },
    /** Stops, with one last sample. */
    stop() {
      clearInterval(timer);
      delay.stop();
      sample();
    },
  };
}

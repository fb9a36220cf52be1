import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SampleLine } from './lines.ts';
import { memoryReader } from './memory.ts';
import type { Out } from './out.ts';
import type { Peers } from './peers.ts';

const RESOLUTION_MS = 10;

/** Prepares the samples, one each `everyMs` milliseconds. Give it time only after start(): it opens its descriptors here. */
export function sampler(peers: Peers, bets: SampleLine['bets'], out: Out, everyMs: number) {
  const memory = memoryReader();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let timer: NodeJS.Timeout | undefined;

  // The histogram holds the whole time between two ticks of its own timer, so its resolution comes off.
  const ms = (nanoseconds: number) =>
    Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 100) / 100) || 0;

  const sample = () => {
    out.write({
      event: 'sample',
      at: Date.now(),
      open: peers.open.size,
      accepted: peers.accepted,
      upgraded: peers.upgraded,
      closed: peers.closed,
      reasons: peers.reasons,
      loop: {
        p50: ms(delay.percentile(50)),
        p99: ms(delay.percentile(99)),
        max: ms(delay.max),
      },
      bets,
      memory: memory(),
      dropped: out.dropped,
    });
    delay.reset();
  };

  return {
    start() {
      delay.enable();
      timer = setInterval(sample, everyMs);
    },
    /** Stops, with one last sample. */
    stop() {
      clearInterval(timer);
      sample();
      delay.disable();
    },
  };
}

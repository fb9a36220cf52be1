import { PING } from './frame.ts';
import type { Peers } from './peers.ts';

interface Heartbeat {
  /** Ping interval, ms; 0 is off. */
  everyMs: number;
  /** Pings in a row that may stay without an answer. */
  misses: number;
}

/**
 * Pings every open user each `everyMs` milliseconds and drops those that have left `misses` pings in a row without an
 * answer when the next is due. A pong that has arrived but was not read yet is none. Gives a function that pings all out
 * of turn, and one that stops it.
 */
export function startHeartbeat(peers: Peers, { everyMs, misses }: Heartbeat) {
  const ping = () => {
    for (const peer of peers.open) if (peers.send(peer, PING)) peer.unanswered++;
  };
  const beat = () => {
    for (const peer of peers.open) {
      if (peer.unanswered >= misses)
        peers.drop(peer, 'heartbeat', `no pong to ${misses} in a row, one each ${everyMs} ms`);
    }
    ping();
  };
  const timer = everyMs > 0 ? setInterval(beat, everyMs) : undefined;
  return { ping, stop: () => clearInterval(timer) };
}

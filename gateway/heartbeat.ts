import { PING } from './frame.ts';
import type { Peers } from './peers.ts';

/**
 * Pings every open user each `everyMs` milliseconds and drops those that have not answered the ping before. 0 is off.
 * Gives the function that stops it.
 */
export function startHeartbeat(peers: Peers, everyMs: number): () => void {
  if (everyMs === 0) return () => {};
  const timer = setInterval(() => {
    for (const peer of peers.open) {
      if (!peer.ponged) {
        peers.drop(peer, 'heartbeat', `no pong within ${everyMs} ms`);
      } else if (peers.send(peer, PING)) {
        peer.ponged = false;
      }
    }
  }, everyMs);
  return () => clearInterval(timer);
}

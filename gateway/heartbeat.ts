import { PING } from './frame.ts';
import type { Settings } from './gateway-settings.ts';
import type { Peers } from './peers.ts';

type HeartbeatSettings = Pick<Settings, 'HEARTBEAT_MS' | 'HEARTBEAT_MISSES'>;

/**
 * Pings every open user each HEARTBEAT_MS (0: never) and drops those that have left HEARTBEAT_MISSES pings in a row without an
 * answer when the next is due. A pong that has arrived but was not read yet is none. Gives a function that pings all out
 * of turn, and one that stops it.
 */
export function startHeartbeat(
  peers: Peers,
  { HEARTBEAT_MS: everyMs, HEARTBEAT_MISSES: misses }: HeartbeatSettings,
) {
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

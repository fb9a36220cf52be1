import type { Settings } from './gateway-settings.ts';
import type { Peers } from './peers.ts';

const FINEST_MS = 5;
const COARSEST_MS = 100;

type TimeoutSettings = Pick<
  Settings,
  'HANDSHAKE_TIMEOUT_MS' | 'IDLE_TIMEOUT_MS' | 'DEADLINE_MS' | 'CLOSE_UNREAD_MS'
>;

/**
 * Ends connections that are over their time (0 ms is off): one sweep for all of them, since a timer per socket would
 * cost more than the sockets. A connection is late by at most a tenth of its limit, or 100 ms. Gives the function that
 * stops it.
 */
export function startTimeouts(
  peers: Peers,
  {
    HANDSHAKE_TIMEOUT_MS: handshake,
    IDLE_TIMEOUT_MS: idle,
    DEADLINE_MS: deadline,
    CLOSE_UNREAD_MS: unread,
  }: TimeoutSettings,
): () => void {
  const limits = [handshake, idle, deadline, unread].filter((limit) => limit > 0);
  if (limits.length === 0) return () => {};
  const everyMs = Math.min(COARSEST_MS, Math.max(FINEST_MS, Math.min(...limits) / 10));

  const timer = setInterval(() => {
    const now = performance.now();
    // Both collections are in the order of their times: the first that is young enough ends the sweep.
    for (const peer of handshake > 0 ? peers.pending.values() : []) {
      if (now - peer.acceptedAt < handshake) break;
      peers.drop(peer, 'handshake-timeout');
    }
    for (const peer of deadline > 0 ? peers.open : []) {
      if (now - peer.openedAt < deadline) break;
      peers.drop(peer, 'deadline', `${deadline} ms after it opened`);
    }
    for (const peer of unread > 0 ? peers.open : []) {
      if (now - peer.openedAt < unread) break;
      peers.drop(peer, 'unread', `nothing read from it for ${unread} ms`);
    }
    for (const peer of idle > 0 ? peers.open : []) {
      if (now - peer.heardAt >= idle) peers.drop(peer, 'idle-timeout', `nothing received for ${idle} ms`);
    }
  }, everyMs);
  return () => clearInterval(timer);
}

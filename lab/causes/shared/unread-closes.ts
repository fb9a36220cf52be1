import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import { hostOf } from '../../../system/proc/port-ends.ts';
import { wasServed } from '../../facts/connection-fate.ts';
import type { ServerEnd } from '../../facts/connections.ts';
import { countNear } from '../../facts/worker-ends.ts';
import type { Facts } from './cause.ts';
import { CLOSED_UNREAD } from './listen-queue.ts';
import { endsWhileFull } from './no-descriptor.ts';

/** Connections that a server had answered, and then closed with data unread. */
export interface UnreadCloses {
  /** The server reset these, for that reason. */
  sure: ServerEnd[];
  /** The server reset these, or the client had left first: nobody saw the order. */
  maybe: ServerEnd[];
  /** Resets where nobody knows what had been read. */
  untold: number;
}

/** By the ledger, without connections that ended with a process or for want of a descriptor. */
export function unreadCloses(facts: Facts): UnreadCloses {
  const { outside, gateway } = facts;
  const found: UnreadCloses = { sure: [], maybe: [], untold: 0 };
  const full = new Set(endsWhileFull(facts));
  const ends = [...(outside?.workerEnds ?? []), ...(gateway.exit ? [gateway.exit.at] : [])].sort(
    (a, b) => a - b,
  );
  for (const end of outside?.failed ?? []) {
    if (full.has(end) || countNear([end.at], ends) > 0) continue;
    const { fate, line } = end;
    if (fate !== 'reset' && fate !== 'reset or left') continue;
    const { reason, unread } = line;
    if (reason !== undefined && reason.is !== 'TCP_ABORT_ON_CLOSE') continue;
    if (unread === undefined) found.untold += 1;
    else if (isUnreadAnswer(line)) found[fate === 'reset' ? 'sure' : 'maybe'].push(end);
  }
  return found;
}

/**
 * The server had read something and sent something, and more than the client's FIN was unread. A server that read nothing has refused the
 * connection: a cap may send a message and close as well.
 */
export function isUnreadAnswer(line: ConnectionLine): boolean {
  const { unread } = line;
  return wasServed(line) && unread !== undefined && unread.is - (unread.within ?? 0) > 0;
}

/**
 * The kernel counted as many closes with data unread, and nobody else in the server's network namespace can have made them: there is no
 * other server, and the clients are elsewhere.
 */
export function areCounted(ends: readonly ServerEnd[], { counter, outside }: Facts): boolean {
  const elsewhere = ends.every(
    ({ line }) => line.remote !== undefined && hostOf(line.remote) !== hostOf(line.local),
  );
  return outside?.alone === true && elsewhere && (counter(CLOSED_UNREAD) ?? 0) >= ends.length;
}

import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { wasTakenTooLate } from './connection-fate.ts';
import { clientPortOf } from './connection-of-user.ts';
import { starvedPorts } from './waiting-looks.ts';

/**
 * If shorter, a client that changed its mind at once counts as having waited in vain. If longer, one that gives up after two seconds does
 * not. Ms.
 */
const LONG_MS = 1000;
/** The line of an end may be read this late, ms, and with it the moments that it gives as times before it. */
const READ_LATE_MS = 200;
/** Data sent to a client this shortly before it left may be why it left, ms. */
const ANSWERED_MS = 300;

/**
 * Connections whose clients left while they waited for the server: accepted after their client had gone, or never, or whose data was read
 * only then. Where the moment of the accept is not known, no more than `most`.
 */
export function waitedInVain(
  { ledger, observer }: Evidence,
  where: 'queue' | 'unread',
  most: number,
): number {
  const starved = starvedPorts(observer.series);
  let [count, untold] = [0, 0];
  for (const line of connectionsOf(ledger)) {
    const { open, accepted, age, closedBy, complete, closed, wait } = line;
    if ((age?.is ?? 0) < LONG_MS) continue;
    const left = closedBy?.is === 'client';
    if (where === 'unread') {
      if (wasLeftUnread(line) || (left && starved.has(clientPortOf(line) ?? 0) && wasAnsweredTooLate(line)))
        count += 1;
    } else if (accepted?.is === false) count += open || left ? 1 : 0;
    else if (wasTakenTooLate(line)) count += 1;
    // The kernel traces each accept; for a connection whose socket still exists it shows nothing else.
    else if (accepted === undefined && !(complete && wait && closed))
      untold += left && complete?.by === 'tracefs' ? 1 : 0;
  }
  return count + Math.min(untold, most);
}

/** The client had sent something that nobody ever read, and received nothing. */
function wasLeftUnread({ unread, sent, open, closedBy }: ConnectionLine): boolean {
  return (unread?.is ?? 0) > 1 && (sent?.is ?? 0) === 0 && (open === true || closedBy?.is === 'client');
}

/** The server's last data came after the client had left. */
function wasAnsweredTooLate({ at, silentOut, closed, sent }: ConnectionLine): boolean {
  if (sent?.is === 0) return true;
  return silentOut !== undefined && closed !== undefined && at - silentOut.is - READ_LATE_MS > closed.is;
}

/** Connections that were open for a while, and that ended between two moments, as far as is known. */
function endedBetween({ ledger }: Evidence, from: number, to: number): ConnectionLine[] {
  return [...connectionsOf(ledger)].filter((line) => {
    const { closed, age, accepted, open } = line;
    if (open || !closed || accepted?.is === false || (age?.is ?? 0) < LONG_MS) return false;
    return closed.is >= from && closed.is - (closed.within ?? 0) <= to && !wasTakenTooLate(line);
  });
}

/** How many of them were not among those with unread data. */
export function servedThatLeft(evidence: Evidence, from: number, to: number): number {
  const starved = starvedPorts(evidence.observer.series);
  return endedBetween(evidence, from, to).filter((line) => !starved.has(clientPortOf(line) ?? 0)).length;
}

/** There were some, and all of them ended on their own: their clients left, but not because of something that the server had just sent. */
export function leftByThemselves(evidence: Evidence, from: number, to: number): boolean {
  const gone = endedBetween(evidence, from, to);
  return gone.length > 0 && gone.every(leftUnasked);
}

function leftUnasked({ at, sent, silentOut, silentIn, closed, closedBy }: ConnectionLine): boolean {
  if (closedBy?.is === 'server' || sent === undefined || closed === undefined) return false;
  if (sent.is === 0) return true;
  if (silentOut === undefined || silentIn === undefined) return false;
  return at - Math.min(silentOut.is, silentIn.is) < closed.is - (closed.within ?? 0) - ANSWERED_MS;
}

import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { wasTakenTooLate } from './connection-fate.ts';
import { clientPortOf } from './connection-of-user.ts';
import { starvedPorts } from './waiting-looks.ts';

/** Shorter, and whoever changed its mind at once has waited in vain; longer, and one that gives up after two seconds has not. */
const LONG_MS = 1000;
/** So late the line of an end may be read, ms, and with it the moments that are told as times before it. */
const READ_LATE_MS = 200;
/** What was said to a client so shortly before it left may be why it left. */
const ANSWERED_MS = 300;

/**
 * Connections whose clients left while they waited for a server: whom accept(2) took when its client had gone, or not at all, or of whom
 * what it had sent was read only then; no more of those of whom it is not known when they were taken than `most`.
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
    // The kernel tells of each that is accepted; of one whose socket is there still it tells nothing else.
    else if (accepted === undefined && !(complete && wait && closed))
      untold += left && complete?.by === 'tracefs' ? 1 : 0;
  }
  return count + Math.min(untold, most);
}

/** It has sent something that nobody ever read, and heard nothing. */
function wasLeftUnread({ unread, sent, open, closedBy }: ConnectionLine): boolean {
  return (unread?.is ?? 0) > 1 && (sent?.is ?? 0) === 0 && (open === true || closedBy?.is === 'client');
}

/** The server's last word came when the client had left. */
function wasAnsweredTooLate({ at, silentOut, closed, sent }: ConnectionLine): boolean {
  if (sent?.is === 0) return true;
  return silentOut !== undefined && closed !== undefined && at - silentOut.is - READ_LATE_MS > closed.is;
}

/** Connections that the server had had for a while, and that ended between two moments, as far as is known. */
function endedBetween({ ledger }: Evidence, from: number, to: number): ConnectionLine[] {
  return [...connectionsOf(ledger)].filter((line) => {
    const { closed, age, accepted, open } = line;
    if (open || !closed || accepted?.is === false || (age?.is ?? 0) < LONG_MS) return false;
    return closed.is >= from && closed.is - (closed.within ?? 0) <= to && !wasTakenTooLate(line);
  });
}

/** How many of them were none of those whose words nobody read. */
export function servedThatLeft(evidence: Evidence, from: number, to: number): number {
  const starved = starvedPorts(evidence.observer.series);
  return endedBetween(evidence, from, to).filter((line) => !starved.has(clientPortOf(line) ?? 0)).length;
}

/** All of them, and there were some, ended since their clients left, and did not leave since the server had said something to them. */
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

import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { wasTakenTooLate } from './connection-fate.ts';
import { type StoppedWorker, stoppedWorkers } from './stopped-workers.ts';

/** If shorter, a client that changed its mind at once counts as having waited in vain. Ms. */
const LONG_MS = 1000;

/**
 * Connections that waited in vain for a stopped process, where each process of the server has a queue of its own: the kernel gives a
 * connection to one of them, and no other can accept it (net/core/sock_reuseport.c reuseport_select_sock). 0 where all share one queue.
 */
export function waitedForStopped(evidence: Evidence, { from, to }: { from: number; to: number }): number {
  const { addresses = [] } = evidence.observer.before?.server ?? {};
  if (new Set(addresses).size === addresses.length) return 0;
  const stops = stoppedWorkers(evidence, evidence.observer.series.at(-1)?.at ?? to).filter(
    (one) => one.ms >= LONG_MS,
  );
  if (stops.length === 0) return 0;
  let count = 0;
  for (const line of connectionsOf(evidence.ledger)) {
    const { complete, closed, accepted, closedBy, open, unread, at } = line;
    if (complete === undefined || complete.is > to) continue;
    const end = closed?.is ?? at;
    // It is not always known who ended it; a connection that the server reset has unread data.
    const left = closedBy ? closedBy.is === 'client' : (unread?.is ?? 0) <= 1;
    if (end < from || !(open || left)) continue;
    if (accepted?.is !== false && !wasTakenTooLate(line) && !waitedAndWent(line)) continue;
    const isBeside = (stop: StoppedWorker) =>
      Math.min(end, stop.to) - Math.max(complete.is, stop.from) >= LONG_MS;
    if (stops.some(isBeside)) count += 1;
  }
  return count;
}

/**
 * It was in the queue for long, was accepted after the last sample of it, and its client had gone by then: it had no answer, or nobody
 * received the answer (its end was never acknowledged).
 */
function waitedAndWent({ wait, sent, finAcked, reset }: ConnectionLine): boolean {
  if (wait === undefined || wait.is - (wait.within ?? 0) < LONG_MS) return false;
  return sent?.is === 0 || finAcked?.is === false || reset?.is === 'client';
}

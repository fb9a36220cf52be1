import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { type DescriptorFacts, SAMPLE_SLACK_MS } from './descriptors.ts';

/** Connections that their clients have closed, and the server has not. */
export interface LeakFacts {
  /** How many there were as the watch began, and at its end. */
  first: number;
  last: number;
  /** Those at its end that had been so for 2 s or more, and how many such the server had closed before. */
  kept: number;
  closed: number;
  /** The server keeps them, as far as was seen: it is not merely late. */
  keeps: boolean;
  /** Descriptors of the processes that had none left, and how many of these are such connections, at the least. */
  filled?: { of: number; gone: number };
}

/**
 * So much of nofile must be such connections to say that it is these that filled it. Lower, and a proxy whose users leave while it waits
 * for its upstream (two descriptors each) is said to leak; higher, and a leak beside many users is not named.
 */
const MOSTLY = 0.6;

/** As few may be a slow handler's. Higher, and a slow leak is overlooked in a short watch. */
const FEW = 10;

/**
 * Of so many that it kept it has closed one of them all the same: then it closes them, late. Higher, and a server that is merely slow to
 * notice leaks; lower, and one that closes a few in time is not found out.
 */
const CLOSES = 0.05;

/**
 * So many threads for one such connection: then each may have a thread that is still at work on it, and whether it will be closed is not
 * known. Higher, and a pool of threads that waits for a database leaks; lower, and threads for other work hide a leak.
 */
const THREADS = 0.5;

/** From the series up to `until`, ms; undefined where the port's table was not looked at. */
export function leakFacts(
  evidence: Evidence,
  until: number,
  descriptors: DescriptorFacts | undefined,
): LeakFacts | undefined {
  const series = evidence.observer.series.filter(({ at }) => at <= until);
  const looks = series.flatMap((line) => (line.clientsGone ? [{ line, ...line.clientsGone }] : []));
  const [first] = looks;
  const last = looks.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { now, kept, closed, unread } = last;
  // Of what was asked and not even read it is not known whether it would be closed once it is.
  const busy = unread > now / 2 || manyThreads(last.line, now);
  const keeps = kept >= FEW && closed <= CLOSES * kept && !busy;
  const facts: LeakFacts = { first: first.now, last: now, kept, closed, keeps };
  const full = descriptors?.full;
  if (!keeps || descriptors === undefined || full === undefined) return facts;
  // Those that were there as it was full, and still are: what was gone at a look within, and kept at the last.
  const within = looks.filter(
    ({ line }) => line.at >= full.from - SAMPLE_SLACK_MS && line.at <= full.to + SAMPLE_SLACK_MS,
  );
  const seen = within.reduce((most, look) => Math.max(most, look.now), 0);
  const { of, others } = fullProcesses(evidence, within.at(-1)?.line ?? last.line, descriptors);
  // Of those that came last it is not known yet: they go the way of the others, where these are most.
  const stay = kept > now / 2 ? now : kept;
  const gone = Math.max(0, Math.min(seen, stay) - others);
  return gone >= MOSTLY * of ? { ...facts, filled: { of, gone } } : facts;
}

function manyThreads({ threads, server }: ObservedLine, gone: number): boolean {
  const all = server
    ? Object.values(server.holders).reduce((sum, { threads: own = 0 }) => sum + own, 0)
    : (threads ?? 0);
  return all > THREADS * gone;
}

/** The limits of those that have none left in sum, and what the others have: any of these may be such connections. */
function fullProcesses(
  { observer }: Evidence,
  { server }: ObservedLine,
  { limit }: DescriptorFacts,
): { of: number; others: number } {
  const joined = observer.series.flatMap((line) => line.server?.joined ?? []);
  const limits = new Map(
    [...(observer.before?.server?.holders ?? []), ...joined].map(({ pid, nofileSoft }) => [
      String(pid),
      nofileSoft,
    ]),
  );
  let [of, others] = [0, 0];
  for (const [pid, { descriptors = 0 }] of Object.entries(server?.holders ?? {})) {
    const own = limits.get(pid) ?? limit;
    if (descriptors >= own - 1) of += own;
    else others += descriptors;
  }
  return { of: of || limit, others };
}

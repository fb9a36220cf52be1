import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { type DescriptorFacts, SAMPLE_SLACK_MS } from './descriptors.ts';

/** Connections that their clients have closed, but the server has not. */
export interface LeakFacts {
  /** How many there were when the watch began, and at its end. */
  first: number;
  last: number;
  /** Those that had been so for 2 s or more at its end, and how many such the server had closed before. */
  kept: number;
  closed: number;
  /** The server keeps them, as far as was seen; it is not only late. */
  keeps: boolean;
  /** The descriptors of the processes that had none left, and how many of these are such connections at least. */
  filled?: { of: number; gone: number };
}

/**
 * This part of nofile must be such connections, before they are said to have filled it. If lower, a proxy whose users leave while it
 * waits for its upstream (two descriptors each) is said to leak. If higher, a leak beside many users is not named.
 */
const MOSTLY = 0.6;

/** Up to this number may belong to a slow handler. If higher, a slow leak is missed in a short watch. */
const FEW = 10;

/**
 * If it closed this part of those that it had kept, it does close them, late. If higher, a server that is only slow to notice counts as
 * leaking. If lower, a server that closes a few in time is not found.
 */
const CLOSES = 0.05;

/**
 * With this many threads for each such connection, a thread may still be at work on each, and nobody knows whether it will be closed. If
 * higher, a pool of threads that waits for a database counts as leaking. If lower, threads for other work hide a leak.
 */
const THREADS = 0.5;

/** From the series up to `until`, ms; undefined where the port's table was not read. */
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
  // Where the request is not even read, nobody knows whether it would be closed afterwards.
  const busy = unread > now / 2 || manyThreads(last.line, now);
  const keeps = kept >= FEW && closed <= CLOSES * kept && !busy;
  const facts: LeakFacts = { first: first.now, last: now, kept, closed, keeps };
  const full = descriptors?.full;
  if (!keeps || descriptors === undefined || full === undefined) return facts;
  // Those that were there while it was full, and still are: without those gone in a sample within that time, and kept in the last one.
  const within = looks.filter(
    ({ line }) => line.at >= full.from - SAMPLE_SLACK_MS && line.at <= full.to + SAMPLE_SLACK_MS,
  );
  const seen = within.reduce((most, look) => Math.max(most, look.now), 0);
  const { of, others } = fullProcesses(evidence, within.at(-1)?.line ?? last.line, descriptors);
  // Nobody knows yet about the latest ones: they count like the others, where those are the majority.
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

/**
 * The sum of the limits of the processes that have none left, and how many descriptors the others have: any of these may be such
 * connections.
 */
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

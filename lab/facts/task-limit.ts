import { defined } from '../../common/defined.ts';
import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { HolderSample, ObservedLine, TaskLimit } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { wasAtOnce } from './connection-fate.ts';
import type { ConnectionFacts, ServerEnd } from './connections.ts';
import { largest, smallest } from './numbers.ts';

/** The limit of processes and threads that a server came nearest to. */
export interface TaskLimitFacts {
  by: TaskLimit['by'];
  where: string;
  limit?: number;
  /** The most processes and threads in use. */
  used: number;
  /** Forks that were refused, at the limit or in the cgroup; absent: not counted. */
  refused?: number;
  /** The server's own refused forks, by the trace; absent: not traced. */
  ownRefused?: number;
  /** The most threads that its processes had. */
  threads?: number;
  /** When it was at the limit, ms since the epoch; absent: never. */
  full?: { from: number; to: number };
  /** Connections that it closed unserved in that time, no more than refused forks. */
  ends: ServerEnd[];
  /** Connections that it accepted in that time and never answered. */
  waited: number;
  /**
   * This server itself reached the limit: its own threads are most of all, or it has one more for each connection, or its own forks were
   * refused.
   */
  own: boolean;
}

/** A close follows a refused fork, and a sample of the cgroup, within this, ms. */
const SLACK_MS = 300;
/** The server's part of all tasks, above which it filled the limit itself. If lower, a neighbour in the same cgroup may have. */
const OWN_PART = 0.5;
/** This near to the limit counts as at it: threads end while others begin. */
const NEAR = 0.98;
/** A connection that waited this long for a first byte has no thread to serve it, ms. */
const WAITED_MS = 1000;
/**
 * This many threads were added for each open connection, with some connections at least. If lower, a pool that happens to grow counts as
 * one thread for each connection.
 */
const FOR_EACH = { part: 0.9, some: 10 };
const UNSERVED: ReadonlySet<string> = new Set([
  'turned away',
  'reset',
  'reset or left',
  'told and closed',
  'unanswered',
]);

/** Undefined: there is no limit, or it could not be read. */
export function taskLimitFacts(
  evidence: Evidence,
  until: number,
  connections: ConnectionFacts | undefined,
): TaskLimitFacts | undefined {
  const series = evidence.observer.series.filter(({ at }) => at <= until);
  const traced = (evidence.processes ?? []).filter((line) => line.what === 'refused' && line.at <= until);
  const ownRefused = traced.reduce((sum, line) => sum + (line.what === 'refused' ? line.count : 0), 0);
  const limits = limitsIn(series);
  const nearest = [...limits.values()].sort((a, b) => rank(b) - rank(a))[0];
  if (nearest === undefined) return undefined;
  const { by, where, limit, used, refused } = nearest;
  const times = [...nearest.full, ...traced.map(({ at }) => at)];
  const full =
    times.length === 0 ? undefined : { from: smallest(times) - SLACK_MS, to: largest(times) + SLACK_MS };
  const threads = mostThreads(series);
  const most = ownRefused || refused || Number.POSITIVE_INFINITY;
  const unserved =
    full && connections
      ? connections.ends.filter(({ at, fate }) => UNSERVED.has(fate) && at >= full.from && at <= full.to)
      : [];
  const ends = unserved.slice(0, most);
  const waited = full && refused ? Math.min(waitedWithin(evidence, full), most - ends.length) : 0;
  return {
    by,
    where,
    used,
    ...defined({ limit, refused, threads, full }),
    ...(ownRefused > 0 ? { ownRefused } : {}),
    ends,
    waited,
    own:
      ownRefused > 0 || (limit !== undefined && (threads ?? 0) >= limit * OWN_PART) || isOneForEach(series),
  };
}

interface Seen extends Omit<TaskLimit, 'used'> {
  used: number;
  /** When it was at the limit, ms since the epoch. */
  full: number[];
}

function limitsIn(series: readonly ObservedLine[]): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  let last: readonly TaskLimit[] = [];
  for (const { at, server } of series) {
    const now = server?.tasks ?? last;
    last = now;
    for (const one of now) {
      const key = `${one.by} ${one.where}`;
      const known = seen.get(key) ?? { ...one, used: 0, refused: 0, full: [] };
      const grown = (one.refused ?? 0) > (known.refused ?? 0);
      const isFull = one.limit !== undefined && (one.used ?? 0) >= one.limit * NEAR;
      if (grown || isFull) known.full.push(at);
      seen.set(key, {
        ...known,
        ...one,
        used: Math.max(known.used, one.used ?? 0),
        ...defined({
          refused: one.refused === undefined ? undefined : Math.max(one.refused, known.refused ?? 0),
        }),
      });
    }
  }
  return seen;
}

/** The order of limits: those where forks were refused first, then the fullest. */
function rank({ limit, used, refused = 0 }: Seen): number {
  const part = limit === undefined ? 0 : used / limit;
  return part + (refused > 0 && limit !== undefined ? 1 : 0) + (part >= NEAR ? 1 : 0);
}

function mostThreads(series: readonly ObservedLine[]): number | undefined {
  const sums = series.flatMap(({ server }) => threadsOf(server?.holders) ?? []);
  return sums.length === 0 ? undefined : largest(sums);
}

function threadsOf(holders: Readonly<Record<string, HolderSample>> = {}): number | undefined {
  const each = Object.values(holders).flatMap(({ threads }) => threads ?? []);
  return each.length === 0 ? undefined : each.reduce((sum, one) => sum + one, 0);
}

/** A thread or a process is started for each connection: without one the next cannot be served. */
function isOneForEach(series: readonly ObservedLine[]): boolean {
  const counts = series.flatMap(({ server }) => {
    const threads = threadsOf(server?.holders);
    return threads === undefined || server?.held === undefined ? [] : { threads, held: server.held };
  });
  const first = counts[0];
  const most = counts.reduce(
    (one, other) => (other.held > one.held ? other : one),
    first ?? { threads: 0, held: 0 },
  );
  if (first === undefined || most.held - first.held < FOR_EACH.some) return false;
  return most.threads - first.threads >= FOR_EACH.part * (most.held - first.held);
}

function waitedWithin({ ledger }: Evidence, { from, to }: { from: number; to: number }): number {
  let waited = 0;
  for (const line of connectionsOf(ledger)) if (isForgotten(line, from, to)) waited += 1;
  return waited;
}

/** The client had sent something, and had no answer as long as it stayed. */
function isForgotten(line: ConnectionLine, from: number, to: number): boolean {
  const { complete, sent, received, accepted, closedBy, age, open } = line;
  if (complete === undefined || complete.is < from || complete.is > to) return false;
  if (accepted?.is === false || sent === undefined || sent.is > 0) return false;
  const long = open
    ? line.at - complete.is >= WAITED_MS
    : age !== undefined && age.is >= WAITED_MS && !wasAtOnce(line);
  return long && (received?.is ?? 0) > 1 && closedBy?.is !== 'server';
}

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
  /** The most that there were. */
  used: number;
  /** Forks that were refused, at the limit or in the cgroup; absent: nobody counts them. */
  refused?: number;
  /** The server's own, as the trace has them; absent: not traced. */
  ownRefused?: number;
  /** The most threads that its processes had. */
  threads?: number;
  /** While it was at the limit, ms since the epoch; absent: it never was. */
  full?: { from: number; to: number };
  /** Connections that it closed unserved meanwhile, at most as many as forks were refused. */
  ends: ServerEnd[];
  /** Those that it had taken meanwhile and never answered. */
  waited: number;
  /**
   * It is known to be this server that met it: its own threads are most of what there is, it has one more for each connection, or its own
   * forks were refused.
   */
  own: boolean;
}

/** A closing follows a refused fork, and a look at the cgroup, within this, ms. */
const SLACK_MS = 300;
/** The server's part of all that counts, so that who filled the limit is the server. Lower, and a neighbour in the same cgroup is meant. */
const OWN_PART = 0.5;
/** Threads end while others begin: so near to the limit it is at it. */
const NEAR = 0.98;
/** Who has waited so long for a first byte has none to take it, ms. */
const WAITED_MS = 1000;
/** So many threads have come for each connection that it holds, of some at least. Lower, and a pool that happens to grow is taken for one. */
const FOR_EACH = { part: 0.9, some: 10 };
const UNSERVED: ReadonlySet<string> = new Set([
  'turned away',
  'reset',
  'reset or left',
  'told and closed',
  'unanswered',
]);

/** Undefined: nothing bounds it, or it could not be read. */
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
  /** When it was at it, ms since the epoch. */
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

/** The one with the limit, of those where forks were refused before others, and the fullest. */
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

/** A thread or a process comes with each connection: whoever has none for the next cannot serve it. */
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

/** It had spoken, and had no answer for as long as it stayed. */
function isForgotten(line: ConnectionLine, from: number, to: number): boolean {
  const { complete, sent, received, accepted, closedBy, age, open } = line;
  if (complete === undefined || complete.is < from || complete.is > to) return false;
  if (accepted?.is === false || sent === undefined || sent.is > 0) return false;
  const long = open
    ? line.at - complete.is >= WAITED_MS
    : age !== undefined && age.is >= WAITED_MS && !wasAtOnce(line);
  return long && (received?.is ?? 0) > 1 && closedBy?.is !== 'server';
}

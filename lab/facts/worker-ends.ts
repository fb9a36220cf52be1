import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countWhile } from './numbers.ts';
import { failedAt, wasCut } from './user-groups.ts';

/**
 * Connections that end with a process, or as its listener closes, end within this of it, ms: two clocks, a sample of the observer, and
 * the time in which a busy robot reads a batch of RSTs. If shorter, users that died with the server are attributed to something else. If
 * longer, users that failed just before count as its victims.
 */
export const WITH_THE_END_MS = 500;

/**
 * A process for one connection ends with it; a process that takes this many with it ended first. If lower, such a server is said to lose
 * its workers. If higher, a worker with few users is not found.
 */
const SEVERAL = 2;

/** The end of a process, ms since the epoch. */
export interface SeenEnd {
  pid: number;
  /** When the last sample that shows it alive began. */
  from: number;
  /** When the first sample without it began, and by `to` that one was over: on a busy machine a sample takes its time. */
  at: number;
  to: number;
}

/** Which processes ended, of a server that was seen alive, first to last. */
export function processEnds(series: readonly ObservedLine[], until: number): SeenEnd[] {
  const ends = new Map<string, SeenEnd>();
  const seen = new Map<string, number>();
  for (const [index, { at, server }] of series.entries()) {
    if (at > until) break;
    const to = series[index + 1]?.at ?? at;
    for (const [pid, { state }] of Object.entries(server?.holders ?? {})) {
      if (state !== 'gone' && state !== 'Z') seen.set(pid, at);
      else if (seen.has(pid) && !ends.has(pid))
        ends.set(pid, { pid: Number(pid), from: seen.get(pid) ?? at, at, to });
    }
  }
  return [...ends.values()].sort((a, b) => a.at - b.at);
}

/**
 * When processes of a server ended while others lived on, ms since the epoch, first to last; only those that took several users with
 * them, and had not let others take over their listener before.
 * @param heldEnds where no robots of ours tell: when connections ended that the server had held and closed, in the order of time
 */
export function workerEnds(
  { observer, fleet }: Evidence,
  until: number,
  heldEnds: readonly number[] = [],
): number[] {
  const left = new Set(observer.series.flatMap(({ server }) => server?.left ?? []));
  const times = processEnds(observer.series, until)
    .filter(({ pid }) => !left.has(pid))
    .map(({ at }) => at);
  const ofRobots = fleet.users
    .filter(wasCut)
    .map(failedAt)
    .sort((a, b) => a - b);
  const cuts = fleet.users.length > 0 ? ofRobots : heldEnds;
  if (isOneEach(times.length, cuts.length)) return [];
  return times.filter((at) => near(cuts, at) >= SEVERAL * near(times, at));
}

/**
 * Given how many processes and connections ended over the whole load: does each process have one connection, by these numbers? Then many
 * connections that end in one moment do so for another reason, each with its process, and not all with one.
 */
export function isOneEach(processes: number, connections: number): boolean {
  return connections < SEVERAL * processes;
}

/** The user was cut just as one of those processes ended. `ends` in their order, ms since the epoch. */
export function wasCutWith(user: UserLine, ends: readonly number[]): boolean {
  return wasCut(user) && near(ends, failedAt(user)) > 0;
}

/** How many of these moments, in order, are near one of those ends. */
export function countNear(moments: readonly number[], ends: readonly number[]): number {
  return moments.filter((at) => near(ends, at) > 0).length;
}

/** How many of these times, in order, are as near to that one as things that happen together. */
function near(times: readonly number[], to: number): number {
  return (
    countWhile(times, (time) => time <= to + WITH_THE_END_MS) -
    countWhile(times, (time) => time < to - WITH_THE_END_MS)
  );
}

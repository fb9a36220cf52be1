import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countWhile } from './numbers.ts';
import { failedAt, wasCut } from './user-groups.ts';

/**
 * What ends with a process, or as its listener closes, ends within this of it: two clocks, a sample of the observer, and the time in
 * which a busy robot reads a batch of RSTs. Shorter, and users that died with the server are laid to something else; longer, and what
 * failed just before is taken for its victim.
 */
export const WITH_THE_END_MS = 500;

/**
 * A process for each connection ends with that one: whoever takes as many with it as this has ended first. Lower, and such a server
 * is said to lose its workers; higher, and a worker with few users is not found.
 */
const SEVERAL = 2;

/** The end of a process, ms since the epoch. */
export interface SeenEnd {
  pid: number;
  /** It was seen alive last in the sample that began then. */
  from: number;
  /** It was seen to have gone in the sample that began then, and was over by `to`: on a busy machine a sample takes its time. */
  at: number;
  to: number;
}

/** Which processes of a server that was seen alive ended, first to last. */
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
 * When processes of a server ended that others of it outlived, ms since the epoch, first to last; those alone that took several
 * users with them, and had not let others take over their listener before.
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
 * Over the whole load so many processes ended, and so many connections: has each process a connection of its own, as far as the numbers tell?
 * Then many connections that end in one moment do so by something else, each with its process, not all of them with one.
 */
export function isOneEach(processes: number, connections: number): boolean {
  return connections < SEVERAL * processes;
}

/** Ended by the other side, just as one of those processes was. `ends` in their order, ms since the epoch. */
export function wasCutWith(user: UserLine, ends: readonly number[]): boolean {
  return wasCut(user) && near(ends, failedAt(user)) > 0;
}

/** How many of these moments, in order, are as near to one of those ends. */
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

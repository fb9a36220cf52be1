import type { UserLine } from '../../../robots/lines.ts';
import type { Evidence } from '../../evidence/evidence.ts';

/** Two clocks, a sample, and a batch of RSTs. */
const WITH_IT_MS = 500;

/** A process for each connection ends with that one: whoever takes as many with it as this has ended first. */
const SEVERAL = 2;

/**
 * When processes of a server ended that others of it outlived, ms since the epoch; those alone that took several users with them.
 */
export function workerEnds({ observer, fleet }: Evidence, until: number): number[] {
  const ends = new Map<string, number>();
  const seen = new Set<string>();
  for (const { at, server } of observer.series) {
    if (at > until) break;
    for (const [pid, { state }] of Object.entries(server?.holders ?? {})) {
      if (state !== 'gone' && state !== 'Z') seen.add(pid);
      else if (seen.has(pid) && !ends.has(pid)) ends.set(pid, at);
    }
  }
  const times = [...ends.values()];
  return times.filter((at) => {
    const others = times.filter((other) => Math.abs(other - at) <= WITH_IT_MS).length;
    return fleet.users.filter((user) => wasCutNear(user, at)).length >= SEVERAL * others;
  });
}

/** Ended by the other side, just as that process was. */
export function wasCutNear({ outcome, startedAt, endedMs = 0 }: UserLine, at: number): boolean {
  return (outcome === 'reset' || outcome === 'eof') && Math.abs(startedAt + endedMs - at) <= WITH_IT_MS;
}

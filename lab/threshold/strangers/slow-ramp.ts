import type { Evidence } from '../../evidence/evidence.ts';

const SHORTEST_MS = 1000;
const LONGEST_MS = 60_000;
/** So many times slower than users were served in the burst: slower than any rate that made it fail. */
const SLOWER = 3;

/** Over how long so many users come slowly, ms, by how fast those of a burst were served. */
export function slowRampMs(users: number, { fleet }: Evidence): number {
  let [served, first, last] = [0, Number.POSITIVE_INFINITY, 0];
  for (const { startedAt, openMs } of fleet.users) {
    first = Math.min(first, startedAt);
    if (openMs === undefined) continue;
    served += 1;
    last = Math.max(last, startedAt + openMs);
  }
  const each = served > 0 ? (last - first) / served : (fleet.done?.settledMs ?? 0) / users;
  return Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, SLOWER * users * each)));
}

import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Lines } from '../evidence/packed-lines.ts';
import { SLOW_CONNECT_MS } from '../facts/user-groups.ts';
import type { Rates } from '../laws/accept-rate-law.ts';

/** Fewer points than this give no rate. */
const FEWEST = 8;

/**
 * The rates of one burst that overflowed a queue of this capacity, users a second. Those who came through at once were
 * accepted while the others came, but for the queue's content. Undefined when they are too few.
 */
export function ratesOf(users: Lines<UserLine>, capacity: number): Rates | undefined {
  const arrival = perSecond(users.map(({ startedAt }) => startedAt));
  const atOnce = users.filter(
    ({ connectedMs }) => connectedMs !== undefined && connectedMs < SLOW_CONNECT_MS,
  );
  const serve = perSecond(
    atOnce.flatMap(({ startedAt, openMs }) => (openMs === undefined ? [] : [startedAt + openMs])),
  );
  if (arrival === undefined || serve === undefined) return undefined;
  const accept = (Math.max(0, atOnce.length - capacity) / users.length) * arrival;
  return { arrival, accept, serve };
}

/** Events a second between the tenth and the ninetieth percentile, since the ends of a burst are not its rate; undefined: too few. Sorts them. */
export function perSecond(times: number[]): number | undefined {
  if (times.length < FEWEST) return undefined;
  const sorted = times.sort((a, b) => a - b);
  const at = (part: number) => Math.floor(part * (sorted.length - 1));
  const [from, to] = [at(0.1), at(0.9)];
  const ms = (sorted[to] as number) - (sorted[from] as number);
  return ms > 0 ? ((to - from) / ms) * 1000 : undefined;
}

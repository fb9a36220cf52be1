import { type Cause, type Facts, type Item, item, type UserLine } from '../causes/shared/cause.ts';

/** What nobody can tell of a cause, though it was measured. */
export interface Doubt {
  /** Why. */
  item: Item;
  /** Does it leave it open what failed some user? */
  ofUsers: boolean;
}

/** Does its claim on this user rest on times that two parts told, and that are nearer to each other than their clocks are right? */
export function isTooNear(cause: Cause, user: UserLine, facts: Facts): boolean {
  const { clockErrorMs } = facts;
  return clockErrorMs > 0 && clockErrorMs > (cause.windowMs?.(user, facts) ?? Number.POSITIVE_INFINITY);
}

/** Undefined: what was measured decides. */
export function doubtOf(cause: Cause, facts: Facts): Doubt | undefined {
  const untold = cause.untold?.(facts);
  if (untold)
    return { item: untold, ofUsers: facts.failed.some((user) => cause.claims(user, facts) === undefined) };
  // Of one clock nothing is asked: each answer costs a search, and there are many users.
  if (facts.clockErrorMs === 0 || cause.windowMs === undefined) return undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const user of facts.failed) least = Math.min(least, cause.windowMs(user, facts) ?? least);
  return facts.clockErrorMs > least
    ? { item: clocksItem(facts.clockErrorMs, least), ofUsers: true }
    : undefined;
}

function clocksItem(errorMs: number, windowMs: number): Item {
  const [error, window] = [errorMs, windowMs].map(rounded) as [number, number];
  const says = `the clocks are known to ±${error} ms, and this cause compares times within ${window} ms`;
  return item('clocks', 'error of the clocks (ms)', null, error, says, window);
}

/** To a tenth. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

import type { ConnectionFacts, ServerEnd } from './connections.ts';
import type { HeldLevel } from './held-level.ts';
import { countWhile } from './numbers.ts';
import { isAtTheTop } from './plateau.ts';
import type { Count } from './server-counts.ts';

/** Connections that the server ended at once while as many stayed as ever did. */
export interface Cap {
  height: number;
  turnedAway: number;
  /** False: they came and went while the others still came, or it was not seen how these came: they may have been any of them. */
  known: boolean;
  /** Which they were, where the order of things is exact. */
  ends?: ServerEnd[];
}

/**
 * Of those that are held so many must be the same as a moment before, and as many as there ever were must be held: all, but for one
 * of twenty that leaves of its own accord. Lower, and a pool that is worked off looks like a cap; higher, and one user that leaves
 * hides a cap.
 */
const THE_SAME = 0.95;

/** Whoever is over a cap is mostly reset where it has spoken already. Lower, and a few resets beside probes make a cap. */
const MOSTLY = 0.5;

/**
 * Else it must have been seen that nobody was closed until half of them were in: a watch that began later may take for a cap what
 * was always there, such as probes that are closed at once.
 */
const CLIMBED = 0.5;

/** And then many: as few as a tenth may be probes. Higher, and a cap that few met is left open. */
const NOT_FEW = 0.1;

/**
 * While it is full so few are let in, for one who was turned away, in the place of those that leave. Higher, and a server that resets some
 * of its users, beside a pool, is said to have a cap; lower, and a cap under which users come and go is left open.
 */
const LET_IN = 0.2;

/** On the way up so few may be closed at once. Higher, and a server that closes at any number is said to have a cap. */
const ON_THE_WAY = 0.1;

/**
 * A server that lets no more than so many in: the same ones stay, and who comes then is ended at once and unserved, while on the way
 * up nobody was.
 * @param connections by their own lines: who is served meanwhile, and gone before anybody counts, was let in as well
 */
export function capOf(
  counts: readonly Count[],
  peak: number,
  { ends, served, held }: Pick<ConnectionFacts, 'ends' | 'served' | 'held'>,
): Cap | undefined {
  if (held) return capByLevel(held, ends);
  const [first] = counts;
  if (first === undefined || peak === 0) return undefined;
  const atOnce = ends.filter((end) => end.atOnce);
  let below = 0;
  let climbing = 0;
  let turnedAway = 0;
  let letIn = 0;
  let [endsBefore, servedBefore] = [0, 0];
  for (const [index, now] of counts.entries()) {
    const before = counts[index - 1] ?? { ...now, open: 0 };
    const until = index === counts.length - 1 ? Infinity : now.at;
    const [endsNow, servedNow] = [
      countWhile(atOnce, ({ at }) => at <= until),
      countWhile(served, (at) => at <= until),
    ];
    const [passed, servedMeanwhile] = [endsNow - endsBefore, servedNow - servedBefore];
    [endsBefore, servedBefore] = [endsNow, servedNow];
    const same = before.open === 0 || now.stayed >= THE_SAME * before.open;
    const next = counts[index + 1];
    const lasting = next === undefined || next.stayed >= THE_SAME * now.open;
    const high = now.open >= THE_SAME * peak;
    if (high && same && lasting) {
      if (before.open < THE_SAME * peak) climbing += passed;
      else {
        turnedAway += passed;
        letIn += Math.max(0, now.open - before.open) + servedMeanwhile;
      }
    }
    // When they leave nothing is learned from who goes with them.
    else if (high || now.open >= before.open) below += passed;
  }
  const away = turnedAway + climbing;
  if (away === 0 || below > ON_THE_WAY * away) return undefined;
  const seenToClimb = first.open <= CLIMBED * peak && below === 0 && away >= NOT_FEW * peak;
  return {
    height: peak,
    turnedAway: away,
    // Of those that came and went between two counts, in which the height was reached, nobody knows whether it was before or after.
    known:
      letIn <= LET_IN * turnedAway &&
      turnedAway >= NOT_FEW * climbing &&
      (resetsAmong(atOnce) >= MOSTLY * away || seenToClimb),
  };
}

/** The same where the order of things is known: also of a burst. */
function capByLevel(
  { height, level, letIn, climbed }: HeldLevel,
  ends: readonly ServerEnd[],
): Cap | undefined {
  const away = ends.filter(({ atOnce }) => atOnce);
  if (height === 0 || !isAtTheTop(level, away.length)) return undefined;
  const seenToClimb = climbed >= CLIMBED * height && away.length >= NOT_FEW * height;
  return {
    height,
    turnedAway: away.length,
    ends: away,
    known: letIn <= LET_IN * away.length && (resetsAmong(away) >= MOSTLY * away.length || seenToClimb),
  };
}

/**
 * Connections that the server answered and closed at once, all while as many were held as ever were: a cap that says so (503, an error of
 * its protocol), or short requests beside a pool. Which of the two the kernel does not show. Undefined: none, or also on the way up.
 */
export function answeredAtTheTop(
  counts: readonly Count[],
  peak: number,
  told: readonly number[],
): { height: number; answered: number } | undefined {
  if (peak < LEAST_HELD) return undefined;
  let [below, above, before] = [0, 0, 0];
  for (const [index, { at, open, stayed }] of counts.entries()) {
    const now = countWhile(told, (one) => one <= at);
    const high = Math.max(open, stayed, counts[index + 1]?.open ?? 0) >= THE_SAME * peak;
    if (high) above += now - before;
    else below += now - before;
    before = now;
  }
  above += told.length - before;
  return above > 0 && below <= ON_THE_WAY * above ? { height: peak, answered: above } : undefined;
}

/** Fewer that stay are no pool, and no cap that anybody has set. */
const LEAST_HELD = 5;

/** So many of them were reset, or were told something of the server's own before they had asked: no probe is closed like that. */
function resetsAmong(ends: readonly ServerEnd[]): number {
  return ends.filter(({ fate }) => REFUSED.has(fate)).length;
}

const REFUSED: ReadonlySet<ServerEnd['fate']> = new Set(['reset', 'reset or left', 'told and closed']);

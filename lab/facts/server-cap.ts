import type { ConnectionFacts, ServerEnd } from './connections.ts';
import type { HeldLevel } from './held-level.ts';
import { countWhile } from './numbers.ts';
import { isAtTheTop } from './plateau.ts';
import type { Count } from './server-counts.ts';

/** Connections that the server ended at once while as many stayed open as ever did. */
export interface Cap {
  height: number;
  turnedAway: number;
  /** False: they came and went while the others still came, or nobody saw how these came: any of them may have been closed. */
  known: boolean;
  /** Which ones, where the order is exact. */
  ends?: ServerEnd[];
}

/**
 * This part of the open connections must be the same as in the sample before, and as many as ever must be open: all, apart from one of
 * twenty that leaves on its own. If lower, a pool that shrinks looks like a cap. If higher, one user that leaves hides a cap.
 */
const THE_SAME = 0.95;

/** Users beyond a cap that have sent something are mostly reset. If lower, a few resets beside probes make a cap. */
const MOSTLY = 0.5;

/**
 * Otherwise the samples must show that none was closed until half of them were open: a watch that began later may take for a cap what was
 * always there, such as probes that are closed at once.
 */
const CLIMBED = 0.5;

/** And then many: up to a tenth may be probes. If higher, a cap that few users met is left open. */
const NOT_FEW = 0.1;

/**
 * Under a full cap at most this many users take the place of one that leaves, for each one turned away. If higher, a server that resets
 * some of its users beside a pool is said to have a cap. If lower, a cap under which users come and go is left open.
 */
const LET_IN = 0.2;

/** On the way up at most this part may be closed at once. If higher, a server that closes at any number is said to have a cap. */
const ON_THE_WAY = 0.1;

/**
 * A server that keeps no more than a number of connections open: the same ones stay, every further one is ended at once and unserved, and
 * on the way up none was.
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
    // When connections leave, those that go with them show nothing.
    else if (high || now.open >= before.open) below += passed;
  }
  const away = turnedAway + climbing;
  if (away === 0 || below > ON_THE_WAY * away) return undefined;
  const seenToClimb = first.open <= CLIMBED * peak && below === 0 && away >= NOT_FEW * peak;
  return {
    height: peak,
    turnedAway: away,
    // When the height was reached between two samples, nobody knows whether those that came and went between them did so before or after.
    known:
      letIn <= LET_IN * turnedAway &&
      turnedAway >= NOT_FEW * climbing &&
      (resetsAmong(atOnce) >= MOSTLY * away || seenToClimb),
  };
}

/** The same where the order is known: also in a burst. */
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
 * Connections that the server answered and closed at once, all while as many were open as ever: either a cap that tells so (503, an error
 * of its protocol), or short requests beside a pool. The kernel does not show which. Undefined: none, or also on the way up.
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

/** Fewer that stay are no pool, and no cap that anybody would set. */
const LEAST_HELD = 5;

/** How many of them were reset, or got a message before they had sent anything: no probe is closed like that. */
function resetsAmong(ends: readonly ServerEnd[]): number {
  return ends.filter(({ fate }) => REFUSED.has(fate)).length;
}

const REFUSED: ReadonlySet<ServerEnd['fate']> = new Set(['reset', 'reset or left', 'told and closed']);

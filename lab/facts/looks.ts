import { countWhile } from './numbers.ts';
import type { Ranges } from './same-length.ts';

/** A clock that looks now and then, and ends all that is due by then. */
export interface LookingClock {
  members: number[];
  /** What it is set to lies in here, as far as it is known, ms. */
  from: number;
  to: number;
  /** The most of what it ended, ms. */
  most: number;
  /** From one look to the next, in the middle, ms. */
  everyMs: number;
}

/** Ends this close are of one look: a server that ends dozens takes some ms for it. Longer, and two looks are one. */
const ONE_LOOK_MS = 60;

/** By two looks a crowd may have been ended for anything. */
const FEW_LOOKS = 3;
/** Fewer ended, or spared, and chance does it. */
const FEW = 8;

/** So many may be wrong by the clock that it is: a thread that was late, a packet that came twice. */
const WRONG = 0.05;
/** What it is set to must be known within this part of it. Wider, and the crowd's own rhythm may have kept apart what was ended and what was spared. */
const KNOWN_WITHIN = 0.25;
/** By another one so many must be, or nobody knows which of them it was. */
const CLEARLY_WRONG = 0.1;
const FEW_WRONG = 3;

/**
 * The clock of a server that looks once in some time for what is due. At each look it ends all that have been silent for so long or longer, and
 * spares the others. Both are checked: what was ended must be due, and what was ended at a later look, and had been silent already at this one,
 * must not have been. No length of the time between two looks is assumed. Pure.
 * @param measure what it would go by, for each connection, ms
 * @param rivals what else it may go by; by these the same ends must be plainly wrong
 * @param moments when each was closed, ms
 * @param among whom the server closed
 * @param late how late an end by a clock of so many ms is seen, ms
 */
export function lookingClock(
  measure: Ranges,
  rivals: readonly Ranges[],
  moments: Ranges,
  among: readonly number[],
  late: (ms: number) => number,
): LookingClock | undefined {
  if (among.length < FEW) return undefined;
  const looks = looksOf(moments, among);
  if (looks.length < FEW_LOOKS) return undefined;
  const own = bestFit(measure, looks, late);
  if (own === undefined || own.wrong > WRONG * among.length || own.spared < FEW) return undefined;
  if (own.to - own.from > KNOWN_WITHIN * own.to) return undefined;
  const gaps = Float64Array.from(looks.slice(1), ({ since }) => since).sort();
  const everyMs = gaps[gaps.length >> 1] as number;
  if (own.to < PART_OF_A_LOOK * everyMs) return undefined;
  const isWrong = (rival: Ranges) => {
    const fit = bestFit(rival, looks, late);
    return fit !== undefined && fit.wrong >= Math.max(FEW_WRONG, CLEARLY_WRONG * among.length);
  };
  if (!rivals.every(isWrong)) return undefined;
  return {
    members: [...among],
    from: own.from,
    to: own.to,
    most: Math.max(...among.map((at) => measure.to[at] as number)),
    everyMs,
  };
}

/** Who speaks more often than a server looks has never been silent for longer: of a shorter time nobody could say. */
const PART_OF_A_LOOK = 0.9;

interface Look {
  members: number[];
  /** At most so long after the one before, ms; Infinity: it is the first. */
  sinceMost: number;
  /** The same, as it was seen. */
  since: number;
}

const FIRST = { sinceMost: Number.POSITIVE_INFINITY, since: Number.POSITIVE_INFINITY };

/** Ends whose moments may be the same are of one look. */
function looksOf({ from, to }: Ranges, among: readonly number[]): Look[] {
  const inOrder = [...among].sort((a, b) => (to[a] as number) - (to[b] as number));
  const looks: (Look & { first: number; last: number })[] = [];
  for (const at of inOrder) {
    const [first, last] = [from[at] as number, to[at] as number];
    const before = looks.at(-1);
    if (before !== undefined && first <= before.last + ONE_LOOK_MS) {
      before.members.push(at);
      before.last = last;
      before.first = Math.min(before.first, first);
    } else looks.push({ members: [at], first, last, ...FIRST });
  }
  for (const [at, look] of looks.entries()) {
    const before = looks[at - 1];
    if (before === undefined) continue;
    look.sinceMost = look.last - before.first;
    look.since = look.last - before.last;
  }
  return looks;
}

interface Fit {
  /** So many were ended too early, or spared too late, at the least. */
  wrong: number;
  /** So many were spared once for certain. */
  spared: number;
  from: number;
  to: number;
}

/** The setting by which the fewest are wrong. Undefined: of some nothing is known. */
function bestFit(
  { from, to }: Ranges,
  looks: readonly Look[],
  late: (ms: number) => number,
): Fit | undefined {
  const all = looks.flatMap(({ members }) => members);
  if (!all.every((at) => Number.isFinite(from[at]) && Number.isFinite(to[at]))) return undefined;
  const ended = Float64Array.from(all, (at) => to[at] as number).sort();
  const spared = Float64Array.from(
    looks.flatMap(({ members, sinceMost }) => members.map((at) => (from[at] as number) - sinceMost)),
  )
    .filter((ms) => ms > 0)
    .sort();
  let best = { wrong: Number.POSITIVE_INFINITY, setting: 0 };
  for (const setting of ended) {
    const early = countWhile(ended, (ms) => ms < setting);
    const tooLate = spared.length - countWhile(spared, (ms) => ms <= setting + late(setting));
    if (early + tooLate < best.wrong) best = { wrong: early + tooLate, setting };
  }
  const { wrong, setting } = best;
  const below = spared[countWhile(spared, (ms) => ms <= setting) - 1] ?? 0;
  return { wrong, spared: spared.length, from: below, to: setting };
}

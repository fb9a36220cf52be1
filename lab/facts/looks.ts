import { countWhile, largest } from './numbers.ts';
import type { Ranges } from './same-length.ts';

/** A clock that checks now and then, and ends all connections that are due by then. */
export interface LookingClock {
  /** Its setting lies between these two, ms. */
  from: number;
  to: number;
  /** The largest figure of a connection that it ended, ms. */
  most: number;
  /** The time from one look to the next, the median, ms. */
  everyMs: number;
}

/** Closes this near to each other belong to one look: a server needs some ms to close dozens. If longer, two looks become one. */
const ONE_LOOK_MS = 60;

/** With two looks only, any reason could have ended the connections. */
const FEW_LOOKS = 3;
/** With fewer connections ended, or spared, chance is enough. */
const FEW = 8;

/** This part of the connections may contradict the true clock: a thread was late, or a packet came twice. */
const WRONG = 0.05;
/** The setting must be known to this part of itself. If wider, the clients' own rhythm may separate ended from spared connections. */
const KNOWN_WITHIN = 0.25;
/** This part must contradict every other clock, or nobody knows which of them it was. */
const CLEARLY_WRONG = 0.1;
const FEW_WRONG = 3;

/**
 * The clock of a server that checks now and then which connections are due. At each look it ends those whose figure has reached its setting,
 * and spares the others. Both are tested: a connection that was ended had to be due, and one that was ended at a later look must not have
 * been due at the look before. The time between two looks is not assumed. Pure.
 * @param measure the figure of each connection that the clock would count, ms
 * @param rivals other figures that it may count; these must contradict the closes plainly
 * @param moments when each connection was closed, ms
 * @param among the connections that the server closed
 * @param late how late a close is seen, by a clock of this setting, ms
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
    from: own.from,
    to: own.to,
    most: largest(among.map((at) => measure.to[at] as number)),
    everyMs,
  };
}

/** A client that speaks more often than the server checks is never silent for longer: a setting below that cannot be seen. */
const PART_OF_A_LOOK = 0.9;

interface Look {
  members: number[];
  /** The time since the look before, as it was seen, ms; Infinity: it is the first. */
  since: number;
  /** The same, at most. */
  sinceMost: number;
}

/** Closes whose moments may be the same belong to one look. */
function looksOf({ from, to }: Ranges, among: readonly number[]): Look[] {
  const inOrder = [...among].sort((a, b) => (to[a] as number) - (to[b] as number));
  const looks: { members: number[]; first: number; last: number }[] = [];
  for (const at of inOrder) {
    const [first, last] = [from[at] as number, to[at] as number];
    const before = looks.at(-1);
    if (before !== undefined && first <= before.last + ONE_LOOK_MS) {
      before.members.push(at);
      before.last = last;
      before.first = Math.min(before.first, first);
    } else looks.push({ members: [at], first, last });
  }
  return looks.map(({ members, last }, at) => {
    const before = looks[at - 1] ?? { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
    return { members, since: last - before.last, sinceMost: last - before.first };
  });
}

interface Fit {
  /** How many were ended too early, or spared too late, at least. */
  wrong: number;
  /** How many were certainly spared at the look before. */
  spared: number;
  from: number;
  to: number;
}

/** The setting that the fewest connections contradict. Undefined: the figure of some is not known. */
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

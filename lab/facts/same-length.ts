import { countWhile } from './numbers.ts';

/** One figure for each of some things, ms: at least `from`, at most `to`. NaN: not known. */
export interface Ranges {
  from: ArrayLike<number>;
  to: ArrayLike<number>;
}

/** Things whose figures may all be the same, apart from the lateness of a clock. */
export interface SameLength {
  /** Places in the ranges, in their order. */
  members: number[];
  /** The figure is from here on, up to `to`. */
  from: number;
  to: number;
}

/** If fewer, chance makes a clock. If more, a clock that few met is missed. */
export const FEW = 5;

/**
 * The largest group of things whose figures all lie in one window. Of equal groups: the window that begins first.
 * @param among the places that may be in it
 * @param width of a window that begins at this figure, ms
 */
export function mostOfOneLength(
  { from, to }: Ranges,
  among: readonly number[],
  width: (from: number) => number,
): SameLength | undefined {
  const known = among.filter((at) => Number.isFinite(from[at]) && Number.isFinite(to[at]));
  if (known.length < FEW) return undefined;
  const froms = Float64Array.from(known, (at) => from[at] as number).sort();
  const tos = Float64Array.from(known, (at) => to[at] as number).sort();
  let best = { count: 0, start: 0 };
  // A window need only begin where something ends: whatever ends before it is outside, and nothing else.
  for (const start of tos) {
    const end = start + width(start);
    const count = countWhile(froms, (one) => one <= end) - countWhile(tos, (one) => one < start);
    if (count > best.count) best = { count, start };
  }
  if (best.count < FEW) return undefined;
  const { start } = best;
  const end = start + width(start);
  const members = known.filter((at) => (from[at] as number) <= end && (to[at] as number) >= start);
  return { members, from: start, to: end };
}

/** One of ten may be an outlier: a repeated packet, a late thread. */
const OUTLIERS = 0.1;

/** How figures differ. */
export interface Spread {
  /** How much they differ, without one of ten at each end: at least, and at most. */
  least: number;
  most: number;
  middle: number;
  /** The most that any of them can be. */
  high: number;
  /** Their range as far as it is known; of brackets, the part that they have in common. */
  first: number;
  last: number;
}

/** How the figures of these differ. Undefined: too few are known. */
export function spreadOf({ from, to }: Ranges, members: readonly number[]): Spread | undefined {
  const known = members.filter((at) => Number.isFinite(from[at]) && Number.isFinite(to[at]));
  if (known.length < FEW || known.length < members.length / 2) return undefined;
  const froms = Float64Array.from(known, (at) => from[at] as number).sort();
  const tos = Float64Array.from(known, (at) => to[at] as number).sort();
  const out = Math.floor(OUTLIERS * known.length);
  const [near, far] = [out, known.length - 1 - out];
  const common = [froms[far] as number, tos[near] as number] as const;
  // Exact figures alone decide, where they are the majority.
  const sharp = Float64Array.from(
    known.filter((at) => from[at] === to[at]).map((at) => from[at] as number),
  ).sort();
  const exact = 2 * sharp.length >= known.length;
  return {
    least: Math.max(0, common[0] - common[1]),
    most: (tos[far] as number) - (froms[near] as number),
    middle: exact ? (sharp[sharp.length >> 1] as number) : (common[0] + common[1]) / 2,
    high: tos[known.length - 1] as number,
    first: exact ? (sharp[0] as number) : Math.min(...common),
    last: exact ? (sharp.at(-1) as number) : Math.max(...common),
  };
}

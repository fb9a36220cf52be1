import type { Mark, Scale } from '../chart.ts';

/** From 0 to above the highest value, with room for a line of text; a limit is included unless the values would be flat below it. */
export function upFromZero(
  values: readonly (number | null)[],
  limits: readonly Mark[] = [],
): [number, number] {
  const top = highest(values);
  const shown = limits.filter(({ at }) => at <= Math.max(10, top * 5)).map(({ at }) => at);
  return [0, Math.max(1, top, ...shown) * 1.25];
}

/** The highest of the values, 0 when there is none. */
export function highest(values: readonly (number | null)[]): number {
  return values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
}

/** A log axis where it can be: all above zero, and the highest at least `ratio` times the lowest. */
export function scaleFor(values: readonly (number | null)[], ratio = 4): Scale {
  const known = values.filter((value) => value !== null);
  const low = known.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY);
  return known.length > 0 && low > 0 && highest(known) / low >= ratio ? 'log' : 'linear';
}

/** Room around the values on such an axis. */
export function spread(values: readonly (number | null)[], scale: Scale): [number, number] {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return [0, 1];
  const low = known.reduce((min, value) => Math.min(min, value));
  const high = known.reduce((max, value) => Math.max(max, value));
  if (scale === 'log') return [low / 1.6, high * 1.6];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - room, high + room];
}

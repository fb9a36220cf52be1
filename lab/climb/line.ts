import { sumOf } from '../../common/numbers.ts';
import type { Estimate } from './climb-document.ts';

/** A measured point. */
export interface Point {
  x: number;
  y: number;
}

/** A straight line through points. */
export interface Line {
  slope: Estimate;
  /** The line at this x. */
  at(x: number): Estimate;
}

/** With fewer points a line has no error. */
const FEWEST = 3;

/**
 * The line of least squares, each figure with its standard error (that of the mean, s·√(1/n + (x − x̄)²/Σ(x − x̄)²)). Undefined where
 * the points are too few, or all at one x.
 */
export function lineThrough(points: readonly Point[]): Line | undefined {
  const count = points.length;
  if (count < FEWEST) return undefined;
  const middle = { x: sumOf(points, ({ x }) => x) / count, y: sumOf(points, ({ y }) => y) / count };
  const spread = sumOf(points, ({ x }) => (x - middle.x) ** 2);
  if (spread === 0) return undefined;
  const slope = sumOf(points, ({ x, y }) => (x - middle.x) * (y - middle.y)) / spread;
  const valueAt = (x: number) => middle.y + slope * (x - middle.x);
  const scatter = Math.sqrt(sumOf(points, ({ x, y }) => (y - valueAt(x)) ** 2) / (count - 2));
  return {
    slope: { value: slope, error: scatter / Math.sqrt(spread) },
    at: (x) => ({
      value: valueAt(x),
      error: scatter * Math.sqrt(1 / count + (x - middle.x) ** 2 / spread),
    }),
  };
}

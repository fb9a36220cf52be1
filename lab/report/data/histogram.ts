/** How many values fall into each of equal bins. */
export interface Histogram {
  /** Width of a bin, in the unit of the values. */
  width: number;
  /** Of each bin from 0 on: bin i holds i × width ≤ value < (i + 1) × width. */
  counts: number[];
}

const STEPS = [1, 2, 5];

/** Bins from 0 to the largest value, at most `bins` of them, with a round width of at least `smallest`. */
export function histogramWidth(largest: number, bins: number, smallest: number): number {
  let width = smallest;
  for (let step = 0; Math.floor(largest / width) >= bins; step += 1) {
    width = smallest * (STEPS[step % 3] as number) * 10 ** Math.floor(step / 3);
  }
  return width;
}

/** Counts the values, none of them negative, into bins up to `largest`. */
export function histogram(values: readonly number[], width: number, largest: number): Histogram {
  const counts: number[] = new Array(Math.floor(largest / width) + 1).fill(0);
  for (const value of values) {
    const bin = Math.floor(value / width);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { width, counts };
}

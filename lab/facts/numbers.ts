/** The least of these; Infinity of none. Not by Math.min(...): a hundred thousand arguments are too many. */
export function smallest(numbers: readonly number[]): number {
  return numbers.reduce((least, number) => Math.min(least, number), Number.POSITIVE_INFINITY);
}

/** The largest of these, and at least as much as `least`; -Infinity of none. */
export function largest(numbers: readonly number[], least = Number.NEGATIVE_INFINITY): number {
  return numbers.reduce((most, number) => Math.max(most, number), least);
}

/** How many items come before the first that does not hold, in a list in which none holds after it. */
export function countWhile<T>(list: ArrayLike<T>, holds: (item: T) => boolean): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(list[middle] as T)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Gives the largest number between two places of a list, in a time that does not depend on their distance: for each place and each power
 * of two, the largest of so many numbers from there on is kept.
 */
export class LargestWithin {
  readonly #levels: Float64Array[];

  constructor(numbers: ArrayLike<number>) {
    let level = Float64Array.from(numbers);
    this.#levels = [level];
    for (let width = 1; 2 * width <= numbers.length; width *= 2) {
      const below = level;
      level = Float64Array.from({ length: below.length - width }, (_, index) =>
        Math.max(below[index] as number, below[index + width] as number),
      );
      this.#levels.push(level);
    }
  }

  /** The largest number from index `from` up to, but without, index `to`; -Infinity of none. */
  between(from: number, to: number): number {
    if (to <= from) return Number.NEGATIVE_INFINITY;
    const power = 31 - Math.clz32(to - from);
    const level = this.#levels[power] as Float64Array;
    return Math.max(level[from] as number, level[to - 2 ** power] as number);
  }
}

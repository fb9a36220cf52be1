/** Columns in each power of ten: one is 12 % wide, and an hour has as many as ten milliseconds. */
const A_DECADE = 20;
/** 0.1 ms and less, and 11 days and more, share the outermost columns. */
const [FIRST, LAST] = [-1 * A_DECADE, 9 * A_DECADE];

/** Times, ms, counted in columns of equal width on a log axis: however many there are, it takes the same memory. */
export class LogBins {
  total = 0;
  readonly #counts: number[] = new Array(LAST - FIRST + 1).fill(0);
  /** The shortest and the longest of each column, as they were. */
  readonly #shortest: number[] = [];
  readonly #longest: number[] = [];

  add(ms: number): void {
    const at = columnOf(ms) - FIRST;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.total += 1;
    this.#shortest[at] = Math.min(this.#shortest[at] ?? ms, ms);
    this.#longest[at] = Math.max(this.#longest[at] ?? ms, ms);
  }

  /** The longest of all; 0 when there is none. */
  get longest(): number {
    return this.within(1);
  }

  /** The first and the last column that hold any; undefined when none does. */
  get span(): readonly [number, number] | undefined {
    const last = this.#counts.findLastIndex((count) => count > 0);
    return last < 0 ? undefined : [this.#counts.findIndex((count) => count > 0) + FIRST, last + FIRST];
  }

  in(column: number): number {
    return this.#counts[column - FIRST] ?? 0;
  }

  /** How many fall into a column up to this one. */
  upTo(column: number): number {
    return this.#counts.slice(0, Math.max(0, column - FIRST + 1)).reduce((sum, count) => sum + count, 0);
  }

  /** A time, ms, within which such a part of them lies (0 to 1): the longest of a column; 0 when there is none. */
  within(part: number): number {
    let sum = 0;
    for (const [at, count] of this.#counts.entries()) {
      sum += count;
      if (sum > 0 && sum >= this.total * part) return this.#longest[at] ?? 0;
    }
    return 0;
  }

  /** The column that holds most, the first of equals, and its shortest and longest time, ms; undefined when none holds any. */
  get fullest(): { count: number; shortest: number; longest: number } | undefined {
    const count = this.#counts.reduce((most, one) => Math.max(most, one), 0);
    const at = this.#counts.indexOf(count);
    const [shortest, longest] = [this.#shortest[at], this.#longest[at]];
    return shortest === undefined || longest === undefined ? undefined : { count, shortest, longest };
  }
}

/** The column of a time, ms. Round times (1 s, 2 s, 5 s, 1 min) lie inside of one, not between two. */
export function columnOf(ms: number): number {
  const column = ms > 0 ? Math.ceil(Math.log10(ms) * A_DECADE - 0.5) : FIRST;
  return Math.max(FIRST, Math.min(LAST, column));
}

/** The time in the middle of a column, ms. */
export function middleOf(column: number): number {
  return 10 ** (column / A_DECADE);
}

/** The longest time that falls into a column, ms; every time in it is longer than the end of the one before. */
export function endOf(column: number): number {
  return 10 ** ((column + 0.5) / A_DECADE);
}

/** All columns from the first that one of these uses to the last, with `margin` more on either side. */
export function columnsOf(bins: readonly LogBins[], margin: number): number[] {
  const spans = bins.flatMap(({ span }) => (span ? [span] : []));
  if (spans.length === 0) return [];
  const from = Math.min(...spans.map(([first]) => first)) - margin;
  const to = Math.max(...spans.map(([, last]) => last)) + margin;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

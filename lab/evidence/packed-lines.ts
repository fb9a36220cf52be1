import { compiledMakerOf, formOf, type Make, makerOf } from './line-forms.ts';
import { NumberList } from './number-list.ts';

/** Lines of one kind, first to last: what both an array and PackedLines can do. */
export interface Lines<T> extends Iterable<T> {
  readonly length: number;
  push(...lines: T[]): number;
  filter(wanted: (line: T, index: number) => unknown): T[];
  map<U>(of: (line: T, index: number) => U): U[];
  flatMap<U>(of: (line: T, index: number) => U | readonly U[]): U[];
  find(wanted: (line: T, index: number) => unknown): T | undefined;
  some(holds: (line: T, index: number) => unknown): boolean;
  every(holds: (line: T, index: number) => unknown): boolean;
  reduce<U>(step: (sum: U, line: T, index: number) => U, first: U): U;
}

/** How many of them are so. Without an array of those: of 25 000 users it would be a large one. */
export function countOf<T>(lines: Iterable<T>, holds: (line: T) => boolean): number {
  let count = 0;
  for (const line of lines) if (holds(line)) count += 1;
  return count;
}

/** Those of them that are wanted, as `of` makes them; packed, unless they are in an array as it is. */
export function packed<T extends object>(
  lines: Iterable<T>,
  wanted: (line: T) => boolean,
  of: (line: T) => T = (line) => line,
): Lines<T> {
  const some: Lines<T> = Array.isArray(lines) ? [] : new PackedLines();
  for (const line of lines) if (wanted(line)) some.push(of(line));
  return some;
}

/** What can be gone through from first to last, as often as one likes, and no more than one line at a time. */
export abstract class IteratedLines<T extends object> implements Lines<T> {
  abstract readonly length: number;
  abstract push(...lines: T[]): number;
  abstract [Symbol.iterator](): Generator<T>;

  filter(wanted: (line: T, index: number) => unknown): T[] {
    return this.flatMap((line, index) => (wanted(line, index) ? [line] : []));
  }

  map<U>(of: (line: T, index: number) => U): U[] {
    const all: U[] = [];
    for (const line of this) all.push(of(line, all.length));
    return all;
  }

  flatMap<U>(of: (line: T, index: number) => U | readonly U[]): U[] {
    const all: U[] = [];
    let index = 0;
    for (const line of this) {
      const some = of(line, index);
      if (Array.isArray(some)) for (const one of some as readonly U[]) all.push(one);
      else all.push(some as U);
      index += 1;
    }
    return all;
  }

  find(wanted: (line: T, index: number) => unknown): T | undefined {
    let index = 0;
    for (const line of this) {
      if (wanted(line, index)) return line;
      index += 1;
    }
    return undefined;
  }

  some(holds: (line: T, index: number) => unknown): boolean {
    return this.find(holds) !== undefined;
  }

  every(holds: (line: T, index: number) => unknown): boolean {
    return !this.some((line, index) => !holds(line, index));
  }

  reduce<U>(step: (sum: U, line: T, index: number) => U, first: U): U {
    let sum = first;
    let index = 0;
    for (const line of this) {
      sum = step(sum, line, index);
      index += 1;
    }
    return sum;
  }
}

/** So many lines of a form are worth code of its own. */
const OFTEN = 200;

/**
 * Many lines in little memory: of lines that differ in numbers alone (moments, sizes, the port at the end of an address) the rest is
 * held once. Each line is made anew whenever it is asked for, equal to what was put in: what is changed in it is not kept.
 */
export class PackedLines<T extends object> extends IteratedLines<T> {
  readonly #forms = new Map<string, number>();
  readonly #makers: Make[] = [];
  /** Lines of each form. */
  readonly #counts: number[] = [];
  readonly #rows = new NumberList();
  readonly #numbers = new NumberList();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(...lines: T[]): number {
    for (const line of lines) this.#push(line);
    return this.#length;
  }

  #push(line: T): void {
    const numbers: number[] = [];
    const form = formOf(line, numbers);
    let row = this.#forms.get(form);
    if (row === undefined) {
      row = this.#makers.push(makerOf(line)) - 1;
      this.#forms.set(form, row);
      this.#counts.push(0);
    }
    const count = (this.#counts[row] as number) + 1;
    this.#counts[row] = count;
    if (count === OFTEN) this.#makers[row] = compiledMakerOf(line) ?? (this.#makers[row] as Make);
    this.#rows.push(row);
    for (const number of numbers) this.#numbers.push(number);
    this.#length += 1;
  }

  *[Symbol.iterator](): Generator<T> {
    let at = 0;
    const next = () => {
      const number = this.#numbers.at(at);
      at += 1;
      return number;
    };
    for (let row = 0; row < this.#length; row += 1)
      yield (this.#makers[this.#rows.at(row)] as Make)(next) as T;
  }
}

/** Lines of several as one, in the order of these; nothing can be added. */
export class JoinedLines<T extends object> extends IteratedLines<T> {
  readonly #parts: readonly Lines<T>[];

  constructor(parts: readonly Lines<T>[]) {
    super();
    this.#parts = parts;
  }

  get length(): number {
    return this.#parts.reduce((sum, { length }) => sum + length, 0);
  }

  push(): number {
    throw new TypeError('joined lines are added to each part');
  }

  *[Symbol.iterator](): Generator<T> {
    for (const part of this.#parts) yield* part;
  }
}

import { largest, smallest } from '../facts/numbers.ts';

/** A number, or from what to what it may be. */
export type Figure = number | { from: number; to: number };

/** The least and the most of several results; a number where they agree. Null without any. */
export function spread(values: readonly number[]): Figure | null {
  return values.length === 0 ? null : range(smallest(values), largest(values));
}

function range(from: number, to: number): Figure {
  return from === to ? from : { from, to };
}

export function least(figure: Figure): number {
  return typeof figure === 'number' ? figure : figure.from;
}

export function most(figure: Figure): number {
  return typeof figure === 'number' ? figure : figure.to;
}

/** The sum; a range where one of them is. */
export function sum(figures: readonly Figure[]): Figure {
  const total = (end: (figure: Figure) => number) => figures.reduce<number>((all, one) => all + end(one), 0);
  return range(total(least), total(most));
}

/** `12`, or `12 to 40`. */
export function figureText(figure: Figure, text: (value: number) => string = String): string {
  const [from, to] = [text(least(figure)), text(most(figure))];
  return from === to ? from : `${from} to ${to}`;
}

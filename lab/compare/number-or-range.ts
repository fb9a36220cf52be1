/** A number, or from what to what it may be. */
export type Figure = number | { from: number; to: number };

/** The least and the most of several results; a number where they agree. Null without any. */
export function spread(values: readonly number[]): Figure | null {
  if (values.length === 0) return null;
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
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
  const from = figures.reduce<number>((all, figure) => all + least(figure), 0);
  const to = figures.reduce<number>((all, figure) => all + most(figure), 0);
  return from === to ? from : { from, to };
}

/** `12`, or `12 to 40`. */
export function figureText(figure: Figure, text: (value: number) => string = String): string {
  const [from, to] = [text(least(figure)), text(most(figure))];
  return from === to ? from : `${from} to ${to}`;
}

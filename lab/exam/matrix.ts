/** How often each truth got each answer: `{truth: {answer: n}}`. */
export type Matrix = Record<string, Record<string, number>>;

/** Counts pairs of truth and answer; rows and columns by name. */
export function matrixOf(pairs: readonly { truth: string; answer: string }[]): Matrix {
  const matrix: Matrix = {};
  const sorted = [...pairs].sort((a, b) => compare(a.truth, b.truth) || compare(a.answer, b.answer));
  for (const { truth, answer } of sorted) {
    matrix[truth] ??= {};
    const row = matrix[truth];
    row[answer] = (row[answer] ?? 0) + 1;
  }
  return matrix;
}

/** Answers that are what is true. */
export function diagonal(matrix: Matrix): number {
  return Object.entries(matrix).reduce((sum, [truth, row]) => sum + (row[truth] ?? 0), 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

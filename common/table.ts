/** How a column is set: to the left, or, as numbers are, to the right. */
export type Side = 'left' | 'right';

type Cells = readonly string[];

/** The cells of every row set to the width of its column; the sides of columns beyond those named are the last one's. */
export function padded(rows: readonly Cells[], sides: readonly Side[] = ['left']): string[][] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, { length }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, length);
  return rows.map((row) =>
    row.map((cell, column) =>
      (sides[column] ?? sides.at(-1)) === 'right'
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0),
    ),
  );
}

/** Rows as lines for a terminal, with two spaces between columns and none at the end. */
export function columns(rows: readonly Cells[], sides?: readonly Side[]): string[] {
  return padded(rows, sides).map((cells) => cells.join('  ').trimEnd());
}

/** A table for people that is valid Markdown too. */
export function markdownTable(
  heads: Cells,
  body: readonly Cells[],
  sides: readonly Side[] = ['left'],
): string {
  const plain = [heads, ...body].map((row) => row.map((cell) => cell.replaceAll('|', '/')));
  const [top = [], ...rest] = padded(plain, sides);
  const rule = top.map((cell, column) =>
    (sides[column] ?? sides.at(-1)) === 'right'
      ? `${'-'.repeat(cell.length + 1)}:`
      : '-'.repeat(cell.length + 2),
  );
  const line = (cells: Cells) => `| ${cells.join(' | ')} |`;
  return [line(top), `|${rule.join('|')}|`, ...rest.map(line)].join('\n');
}

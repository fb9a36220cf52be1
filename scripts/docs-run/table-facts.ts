/** Columns whose cells are the same in every run; columns of neither kind name the row. */
const EXACT = new Set([
  'measured',
  'predicted',
  'error',
  'limited by',
  'open',
  'failed',
  'causes',
  'linux',
  'macos',
]);
const OTHER = new Set(['loads', 'time', 'result']);

/** The exact cells of tables, by their row and column, as `64 measured`. */
export function tableFacts(text: string): [name: string, value: string][] {
  const facts: [string, string][] = [];
  let heads: string[] = [];
  for (const line of text.split('\n')) {
    const cells = cellsOf(line);
    if (cells.filter((cell) => EXACT.has(cell)).length >= 2) heads = cells;
    else if (cells.length !== heads.length) heads = /^[\s|:-]+$/.test(line) && line !== '' ? heads : [];
    else facts.push(...rowFacts(heads, cells));
  }
  return facts;
}

function rowFacts(heads: readonly string[], cells: readonly string[]): [string, string][] {
  const row = cells.filter((_, at) => !EXACT.has(heads[at] as string) && !OTHER.has(heads[at] as string));
  return heads.flatMap((head, at) =>
    EXACT.has(head) ? [[`${row.join(' ')} ${head}`, cells[at] as string]] : [],
  );
}

/** Cells are apart by two spaces or by a bar. */
function cellsOf(line: string): string[] {
  return line.split(/\s{2,}|\s*\|\s*/).filter((cell) => cell !== '' && !/^:?-+:?$/.test(cell));
}

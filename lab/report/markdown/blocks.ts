import { markdownTable, type Side } from '../../../common/table.ts';
import { html, type Part } from '../html/tagged-html.ts';
import { markdownCell, oneLine } from './inline.ts';

/** A column of a table, which is left out where no row has anything in it; its cells are Markdown. */
export interface MarkdownColumn {
  head: string;
  /** To the left where it is absent. */
  side?: Side;
}

/** A table; columns without a word in any row are left out. */
export function tableBlock(columns: readonly MarkdownColumn[], rows: readonly (readonly string[])[]): string {
  const used = columns.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const shown = <T>(row: readonly T[]) => row.filter((_, column) => used[column]);
  return inRows(
    shown(columns).map(({ head }) => head),
    rows.map(shown),
    shown(columns).map(({ side = 'left' }) => side),
  );
}

/** Wider, and columns that are set do not help: every line of it breaks. */
const SET = 120;

/** Columns are set for whoever reads it as it is. */
function inRows(
  heads: readonly string[],
  body: readonly (readonly string[])[],
  sides: readonly Side[],
): string {
  const set = markdownTable(heads, body, sides);
  const lines = set.split('\n');
  if ((lines[0] ?? '').length <= SET) return set;
  return lines
    .map((line, index) => (index === 1 ? line.replace(/-+/g, '---') : line.replace(/ {2,}/g, ' ')))
    .join('\n');
}

/** A table of texts, heads first. */
export function textTable(rows: readonly (readonly string[])[], sides: readonly Side[] = ['left']): string {
  const [heads = [], ...body] = rows.map((row) => row.map(markdownCell));
  return inRows(heads, body, sides);
}

/** A list, an item a line. */
export function listBlock(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** Commands as they are to be typed, each with what it shows behind it; null where there are none. */
export function shellBlock(commands: readonly { command: string; shows: string }[]): string | null {
  if (commands.length === 0) return null;
  const lines = commands.map(({ command, shows }) => `${oneLine(command)}   # ${oneLine(shows)}`);
  const longest = Math.max(
    ...lines.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length),
    2,
  );
  const fence = '`'.repeat(longest + 1);
  return [`${fence}sh`, ...lines, fence].join('\n');
}

/** Blocks that are folded up below a line. */
export function foldedBlock(summary: Part, blocks: readonly string[], open = false): string {
  const line = oneLine(html`<details${open ? ' open' : ''}><summary>${summary}</summary>`.text);
  return [line, ...blocks, '</details>'].join('\n\n');
}

/** Blocks below each other; those that are null are left out. */
export function markdownOf(blocks: readonly (string | null)[]): string {
  return `${blocks.filter((block) => block !== null && block !== '').join('\n\n')}\n`;
}

import { nextAfterComparison } from '../../compare/after-comparison.ts';
import type { Column, CompareDocument, Difference } from '../../compare/comparison-document.ts';
import {
  differencesTitle,
  gridRows,
  headingOf,
  nameOf,
  notesTitle,
  sectionsOf,
} from '../../compare/comparison-table.ts';
import { html } from '../html/tagged-html.ts';
import { foldedBlock, listBlock, markdownOf, textTable } from './blocks.ts';
import { markdownText } from './inline.ts';
import { madeOn } from './made-on.ts';
import { nextBlock } from './next-block.ts';

/** A comparison as Markdown, in the order of the terminal. */
export function comparisonMarkdown(document: CompareDocument): string {
  const { columns, differences, grid, complete } = document;
  return markdownOf([
    `## ${markdownText(columns.map(headingOf).join(' against '))}`,
    `**Answer:** ${differencesTitle(differences)}`,
    differences.map((one, index) => differenceItem(one, index, columns)).join('\n'),
    '### Side by side',
    listBlock(columns.map((column) => `${markdownText(headingOf(column))}: ${markdownText(column.from)}`)),
    ...sectionsOf(columns).map(({ title, rows }) =>
      textTable(
        [[title, ...columns.map(headingOf)], ...rows.map(({ name, cells }) => [name, ...cells])],
        SIDES,
      ),
    ),
    ...columns.map(notesBlock),
    ...(grid === null ? [] : ['### Every point', textTable(gridRows(grid), GRID_SIDES)]),
    complete ? null : '**Incomplete:** the comparison was interrupted.',
    nextBlock(nextAfterComparison(document)),
    madeOn(document),
  ]);
}

const SIDES = ['left', 'right'] as const;
const GRID_SIDES = ['right', 'right', 'left'] as const;

function differenceItem(
  { what, left, right, why, sources }: Difference,
  index: number,
  columns: readonly Column[],
): string {
  const sides = [left, right].map((text, side) => {
    const column = columns[side];
    return `   - ${column ? `${markdownText(nameOf(column))}: ` : ''}${markdownText(text)}`;
  });
  const read = sources.length === 0 ? '' : ` (${markdownText(sources.join('; '))})`;
  return [`${index + 1}. **${markdownText(what)}**`, ...sides, `   - ${markdownText(why)}${read}`].join('\n');
}

function notesBlock(column: Column): string | null {
  const { notes } = column;
  return notes.length === 0
    ? null
    : foldedBlock(html`<code>${nameOf(column)}</code>: ${notesTitle(column)}`, [
        listBlock(notes.map(markdownText)),
      ]);
}

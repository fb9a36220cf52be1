import { count } from '../../../common/format.ts';
import type { Column, CompareDocument, Difference, GridPoint } from '../../compare/comparison-document.ts';
import { gridCell, headingOf, nameOf, notesTitle, sectionsOf } from '../../compare/comparison-table.ts';
import { figureText } from '../../compare/number-or-range.ts';
import { page } from './page.ts';
import { machine, table, tile } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** The page of `compare`: two columns, each with its label, and what differs. A file that needs no network. */
export function compareHtml(document: CompareDocument): string {
  const { columns, differences, grid, host, complete, seed, path } = document;
  const title = columns.map(headingOf).join(' against ');
  return page({
    title: `compare: ${title}`,
    body: html`
<header>
<p class="kicker">compare, seed ${seed}</p>
<h1>${title}</h1>
${complete ? null : html`<p class="warning"><b>Incomplete:</b> interrupted.</p>`}
<dl class="tiles">
${columns.map((column) => tile(headingOf(column), said(column, `${figureText(column.users.open)} of ${column.users.asked} open`), column.from))}
</dl>
</header>
<section>
<h2>Side by side</h2>
<p class="hint">What is <i class="predicted">in italics</i> is predicted: a range is what it may be, over all that nobody has counted.</p>
${sectionsOf(columns).map(
  ({ title, rows }) => html`<h3>${title}</h3>
${table(
  title,
  [{ title: '' }, ...columns.map((column) => ({ title: headingOf(column), number: true }))],
  rows.map(({ name, cells }) => [name, ...cells.map((cell, index) => said(columns[index], cell))]),
)}`,
)}
${columns.map(notes)}
</section>
<section>
<h2>${differences.length === 0 ? 'No difference shows' : count(differences.length, 'difference')}</h2>
${differences.map((difference) => differs(difference, columns))}
</section>
${grid && gridSection(grid)}
<p class="hint">${machine(host)}. ${path && html`Folder: <code>${path}</code>.`}</p>
`,
    charts: [],
  });
}

/** A prediction never looks like a measurement. */
function said(column: Column | undefined, text: string): Part {
  return column?.source === 'predicted' ? html`<i class="predicted">${text}</i>` : text;
}

function notes(column: Column): Html | null {
  const { notes: all } = column;
  if (all.length === 0) return null;
  return html`<p>${nameOf(column)}: ${notesTitle(column)}</p>
<ul>${all.map((note) => html`<li>${note}</li>`)}</ul>`;
}

function differs({ what, left, right, why, sources }: Difference, columns: readonly Column[]): Html {
  const sides = [left, right].map((text, index) => [
    columns[index] ? headingOf(columns[index]) : '',
    said(columns[index], text),
  ]);
  return html`<h3>${what}</h3>
${table(what, [{ title: 'side' }, { title: 'shows' }], sides)}
<p>${why} ${sources.map((source) => html`<cite>${source}</cite> `)}</p>`;
}

function gridSection(points: readonly GridPoint[]): Html {
  const columns = [
    ...['nofile', 'backlog'].map((title) => ({ title, number: true })),
    { title: 'load' },
    ...(points[0]?.columns ?? []).map(({ name }) => ({ title: name })),
  ];
  const rows = points.map(({ nofile, backlog, ramp, columns: both }) => [
    nofile,
    backlog,
    ramp === '0' ? 'at once' : `over ${ramp}`,
    ...both.map((column) => said(column, gridCell(column))),
  ]);
  return html`<section>
<h2>Every point</h2>
${table('Every point', columns, rows)}
</section>`;
}

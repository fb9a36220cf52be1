import { join, relative, sep } from 'node:path';
import { count, duration } from '../../../common/format.ts';
import type { SweepCell, SweepDocument } from '../../sweep/sweep-document.ts';
import { sweepChart } from '../data/sweep-chart.ts';
import { page } from './page.ts';
import { figure, machine, percent, table, tile } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** The report of `sweep`: every cell of the matrix, with a link to its own report. A file that needs no network. */
export function sweepHtml(document: SweepDocument): string {
  const { name, cells, host, path } = document;
  const drawn = sweepChart(document);
  const chart = drawn?.chart;
  const varied = [...new Set(cells.flatMap(({ varies }) => Object.keys(varies)))];
  const columns = [
    { title: 'cell' },
    ...varied.map((title) => ({ title, number: true })),
    { title: 'open', number: true },
    { title: 'predicted', number: true },
    { title: 'failed', number: true },
    { title: 'causes', sentences: true },
    { title: 'expected', sentences: true },
    { title: 'took', number: true },
    { title: 'report' },
  ];
  const rows = cells.map((cell, index) => row(cell, index, varied, path));
  return page({
    title: `sweep ${name}: ${headline(document)}`,
    body: html`
<header>
<p class="kicker">sweep ${name}</p>
<h1>${headline(document)}</h1>
${document.about && html`<p>${document.about}</p>`}
${document.complete ? null : html`<p class="warning"><b>Incomplete:</b> interrupted after ${cells.length} of ${count(document.total ?? cells.length, 'cell')}.</p>`}
${tiles(document)}
</header>
<section>
<h2>Cells</h2>
${table('Cells', columns, rows)}
<p class="hint">The darker a cell under failed, the larger the share of its users that failed; the share stands in it.</p>
</section>
${
  drawn &&
  chart &&
  html`<section>
<h2>By ${chart.x.label}</h2>
<p class="hint noscript">The chart needs script; all the numbers do not.</p>
${figure(`Users open and failed, by ${chart.x.label}`, chart, html`One point a cell; where there are several lines, thick: open, thin: failed. ${drawn.left > 0 && `${count(drawn.left, 'more combination')} stand in the table alone.`} <cite>robots, one line a user</cite>`)}
</section>`
}
<p class="hint">${machine(host)}. ${path && html`Folder: <code>${path}</code>.`}</p>
`,
    charts: chart ? [chart] : [],
  });
}

function headline({ cells }: SweepDocument): string {
  const expected = cells.flatMap(({ expected }) => expected ?? []);
  const errors = cells.filter(({ error }) => error !== null).length;
  const could = errors === 0 ? '' : `, ${errors} could not run`;
  if (expected.length === 0) return `${count(cells.length, 'cell')}${could}`;
  const met = expected.filter((one) => one.met).length;
  return `${met} of ${count(expected.length, 'expectation')} met, ${count(cells.length, 'cell')}${could}`;
}

function tiles({ cells }: SweepDocument): Html {
  const failing = cells.filter(({ users, error }) => error === null && users.failed > 0).length;
  const causes = [...new Set(cells.flatMap((cell) => cell.causes))];
  const wallMs = cells.reduce((sum, cell) => sum + cell.wallMs, 0);
  return html`<dl class="tiles">
${tile('Cells with failures', `${failing} of ${cells.length}`, 'at least one user failed')}
${tile('Causes found', causes.join(', ') || 'none', 'over all cells')}
${tile('Time', duration(wallMs), 'all cells together')}
</dl>`;
}

function row(cell: SweepCell, index: number, varied: string[], path: string | null): Part[] {
  const { users, error } = cell;
  const share = users.failed / Math.max(1, users.asked);
  const ran = error === null;
  return [
    html`<span title="${cell.id}">${index + 1}</span>`,
    ...varied.map((name) => cell.varies[name] ?? '–'),
    ran ? users.open : '–',
    predictedOf(cell),
    ran
      ? html`<span class="heat heat-${heat(share)}">${users.failed} <small>${percent(share)}</small></span>`
      : '–',
    ran ? cell.causes.join(', ') || '–' : html`<span class="bad">could not run: ${error}</span>`,
    cell.expected &&
      html`<span class="${cell.expected.met ? 'good' : 'bad'}">${cell.expected.met ? '✓' : '✗'} ${cell.expected.says}</span>`,
    duration(cell.wallMs),
    link(cell, path),
  ];
}

/** How many the law lets in, whatever was asked. */
function predictedOf({ verdict }: SweepCell): Part {
  const users = verdict?.threshold?.predicted ?? null;
  return users === null ? '–' : html`<i class="predicted">${users}</i>`;
}

/** 0: nobody failed; 1 to 5: ever more of them. */
function heat(share: number): number {
  return share === 0 ? 0 : Math.min(5, 1 + Math.floor(share * 5));
}

/** To the cell's own report, from where this one lies. */
function link({ verdict }: SweepCell, path: string | null): Part {
  if (path === null || !verdict?.path) return '–';
  const target = relative(path, join(verdict.path, 'report.html'))
    .split(sep)
    .map(encodeURIComponent)
    .join('/');
  return html`<a href="${target}">report</a>`;
}

import { count } from '../../../common/format.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../../threshold/threshold-document.ts';
import { thresholdCharts } from '../data/threshold-charts.ts';
import { page } from './page.ts';
import { figure, machine, percent, table, tile } from './section-parts.ts';
import { settingsOfAll, settingsSection } from './settings-section.ts';
import { type Html, html, type Part } from './tagged-html.ts';

const COLUMNS = [
  { title: 'value' },
  { title: 'measured', number: true },
  { title: 'predicted', number: true },
  { title: 'error', number: true },
  { title: 'limited by' },
  { title: 'kind' },
  { title: 'method' },
  { title: 'fails at', number: true },
  { title: 'loads', number: true },
  { title: 'law' },
];

/** The report of `threshold`: measured against predicted, value by value. A file that needs no network. */
export function thresholdsHtml(document: ThresholdsDocument): string {
  const { vary, points, host, runtime, driver, seed } = document;
  const charts = thresholdCharts(document);
  const title = `threshold by ${vary}: ${headline(document)}`;
  return page({
    title,
    body: html`
<header>
<p class="kicker">threshold by ${vary} on ${runtime}</p>
<h1>${headline(document)}</h1>
${document.complete ? null : html`<p class="warning"><b>Incomplete:</b> interrupted after ${count(points.length, 'value')}.</p>`}
${tiles(document)}
</header>
<section>
<h2>Measured against predicted</h2>
<p class="hint noscript">The charts need script; all the numbers do not.</p>
${
  charts &&
  html`<div class="pair">
${figure(`Largest number of users with no failure, by ${vary}`, charts.both, html`Filled and solid: measured. Hollow and dashed: <i class="predicted">predicted</i> by the law in the table. <cite>robots; lab/laws</cite>`)}
${figure('Error, users', charts.error, html`Measured − predicted: 0 where the law is exact.`)}
</div>`
}
${table('Thresholds', COLUMNS, points.map(row))}
<p class="hint">A failure is: ${document.failure}. <b>≥</b>: the highest number tried did not fail either.
A capacity is the same however slowly users come; a rate fails a burst that a slow ramp does not.
<code>ramp</code>: read from one load above the threshold, confirmed by one at it; <code>bisection</code>: searched.</p>
${trials(document)}
</section>
${settingsSection(settingsOfAll(points.map(({ settings }) => settings)))}
<p class="hint">${machine(host)}, runtime ${runtime}, driver ${driver}, seed ${seed}.
${document.path && html`Folder: <code>${document.path}</code>.`}</p>
`,
    charts: charts ? [charts.both, charts.error] : [],
  });
}

function headline({ points }: ThresholdsDocument): string {
  const judged = points.filter(({ error }) => error !== null);
  const exact = judged.filter(({ error }) => error === 0).length;
  if (points.length === 0) return 'No value was measured';
  if (judged.length === 0) return `${count(points.length, 'value')}, no law to compare with`;
  if (exact === judged.length)
    return `Measured as predicted at ${exact === 1 ? 'the one value' : `all ${exact} values`}`;
  return `Measured as predicted at ${exact} of ${count(judged.length, 'value')}`;
}

function tiles({ points }: ThresholdsDocument): Html {
  const errors = points.flatMap(({ error }) => error ?? []);
  const worst = errors.reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0);
  const limits = [...new Set(points.map(({ limitedBy }) => limitedBy))];
  const runs = points.reduce((sum, point) => sum + point.runs, 0);
  return html`<dl class="tiles">
${tile('Largest error', errors.length === 0 ? '–' : `${signed(worst)} users`, `over ${count(errors.length, 'value')}`, worst === 0 ? 'good' : '')}
${tile('Limited by', limits.join(', ') || '–', 'what stopped one user more')}
${tile('Values', points.length, `${count(runs, 'load')} in all`)}
</dl>`;
}

function row(point: ThresholdPoint): Part[] {
  const { measured, error } = point;
  const share = error && measured ? ` (${percent(Math.abs(error) / measured)})` : '';
  return [
    point.value,
    measured === null ? 'not measured' : html`<b>${point.atLeast ? '≥ ' : ''}${measured}</b>`,
    point.predicted === null ? '–' : html`<i class="predicted">${point.predicted}</i>`,
    error === null
      ? '–'
      : html`<span class="${error === 0 ? 'good' : 'bad'}">${signed(error)}${share}</span>`,
    point.limitedBy,
    point.limit,
    point.method,
    point.failsAt ?? '–',
    point.runs,
    html`<small class="formula">${point.law ?? 'no law knows'}</small>`,
  ];
}

function signed(number: number): string {
  return number > 0 ? `+${number}` : number < 0 ? `−${-number}` : '0';
}

/** Every load that was made. */
function trials({ vary, points }: ThresholdsDocument): Html {
  const columns = [
    { title: vary },
    { title: 'users', number: true },
    { title: 'failed', number: true },
    { title: 'came' },
  ];
  const rows = points.flatMap(({ value, trials }) =>
    trials.map(({ users, failed, pace }): Part[] => [value, users, failed, pace]),
  );
  return html`<details><summary>Every load: ${count(rows.length, 'load')}</summary>
${table('Loads', columns, rows)}
</details>`;
}

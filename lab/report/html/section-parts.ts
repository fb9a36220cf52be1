import type { VerdictDocument } from '../../run/verdict-document.ts';
import type { Chart } from '../chart.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** A chart's place: its title, the box that it is drawn into, and what it shows and where that was read. */
export function figure(title: string, chart: Chart, caption: Part): Html {
  return html`<figure>
<h3 id="${chart.id}-title">${title}</h3>
<div class="chart" id="${chart.id}" tabindex="0" role="group" aria-labelledby="${chart.id}-title"></div>
<figcaption>${caption}</figcaption>
</figure>`;
}

/** A chart of a page, where there is one, and what is said below it. */
export interface Shown {
  title: string;
  chart: Chart | undefined;
  says: () => Part;
}

export function figureOf({ title, chart, says }: Shown): Html | undefined {
  return chart && figure(title, chart, says());
}

/** To the minute, UTC: the same file wherever it is made. */
export function minute(at: number): string {
  return at > 0 ? `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'nothing measured';
}

export interface Column {
  title: string;
  /** Numbers stand to the right. */
  number?: boolean;
  /** Sentences: on a phone they scroll sideways with the table, rather than make every row many lines high. */
  sentences?: boolean;
}

/** A table that scrolls by itself where the page is too narrow for it. */
export function table(label: string, columns: Column[], rows: readonly Part[][], footer?: Part): Html {
  const side = (index: number) => {
    const { number, sentences } = columns[index] ?? {};
    return number ? 'n' : sentences ? 't wide' : 't';
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${columns.map(({ title }, index) => html`<th scope="col" class="${side(index)}">${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, index) => (index === 0 ? html`<th scope="row" class="${side(0)}">${cell}</th>` : html`<td class="${side(index)}">${cell}</td>`))}</tr>\n`)}</tbody>${footer ? html`<tfoot>${footer}</tfoot>` : null}
</table></div>`;
}

/** One of the numbers at the top. */
export function tile(title: string, value: Part, note: Part, tone = ''): Html {
  return html`<div class="tile ${tone}"><dt>${title}</dt><dd><b>${value}</b><span>${note}</span></dd></div>`;
}

/** A number that a law gave: never looks like a measured one. */
export function predicted(value: Part): Html {
  return html`<i class="predicted">${value ?? 'unknown'} predicted</i>`;
}

/** A share of the whole as a bar; `share` from 0 to 1. */
export function bar(share: number, tone: string): Html {
  const width = Math.max(0, Math.min(100, share * 100)).toFixed(1);
  return html`<svg class="bar ${tone}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="8"/></svg>`;
}

/** A section of sentences; null when there is none. */
export function sentences(title: string, all: readonly string[]): Html | null {
  if (all.length === 0) return null;
  return html`<section>
<h2>${title}</h2>
<ul>${all.map((one) => html`<li>${one}</li>`)}</ul>
</section>`;
}

/** What it was measured on. */
export function machine({ os, kernel, node }: VerdictDocument['host']): string {
  return `${os} ${kernel}, Node ${node.replace(/^v/, '')}`;
}

/** `9.5 %`; a share that is not 0 is never shown as 0. */
export function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 0.1 ? '< 0.1 %' : `${Math.round(value * 10) / 10} %`;
}

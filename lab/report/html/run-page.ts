import type { Evidence } from '../../evidence/evidence.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import type { Chart } from '../chart.ts';
import { connectTimesChart } from '../data/connect-times.ts';
import {
  countersChart,
  descriptorsChart,
  fixChart,
  loopChart,
  queueChart,
  usersChart,
} from '../data/run-charts.ts';
import { timelineOf } from '../data/timeline.ts';
import * as caption from './captions.ts';
import { fixSection } from './fix.ts';
import { page } from './page.ts';
import { figure } from './section-parts.ts';
import { settingsSection } from './settings-section.ts';
import { sourcesSection } from './sources-section.ts';
import { headline, outcomes, tiles } from './summary.ts';
import { type Html, html } from './tagged-html.ts';
import { verdictSection } from './verdict.ts';

/** A chart of the page, where there is one, and what is said below it. */
interface Shown {
  title: string;
  chart: Chart | undefined;
  says: () => Html;
}

function figureOf({ title, chart, says }: Shown): Html | undefined {
  return chart && figure(title, chart, says());
}

/** To the minute, UTC: the same file wherever it is made. */
function minute(at: number): string {
  return at > 0 ? `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'nothing measured';
}

/**
 * The report of one run: a file that needs no network. `evidence` may come from the run's folder, where the fleet's last
 * line is not kept: nothing here reads it.
 */
export function reportHtml(
  document: VerdictDocument,
  evidence: Evidence,
  fixed: Evidence | undefined,
): string {
  const time = timelineOf(evidence);
  const overTime: Shown[] = [
    { title: 'Users', chart: usersChart(evidence, time), says: () => caption.usersCaption(document) },
    {
      title: "The gateway's descriptors",
      chart: descriptorsChart(evidence, time),
      says: () => caption.descriptorsCaption(evidence),
    },
    {
      title: 'Accept queue',
      chart: queueChart(evidence, time),
      says: () => caption.queueCaption(evidence),
    },
    {
      title: "The kernel's counters",
      chart: countersChart(evidence, time),
      says: () => caption.countersCaption(evidence),
    },
    {
      title: 'Event loop delay, ms',
      chart: loopChart(evidence, time),
      says: () => caption.loopCaption(evidence),
    },
  ];
  const connect: Shown = {
    title: 'Connect times: users (log scale) by time from connect(2) to established',
    chart: connectTimesChart(evidence.fleet.users, document.settings),
    says: () => caption.connectCaption(evidence, document.settings),
  };
  const fix = fixed && fixChart(evidence, fixed);
  const title = `${document.name}: ${document.users.open} of ${document.users.asked} users open`;
  const charts = [...[...overTime, connect].map(({ chart }) => chart), fix];
  return page({
    title,
    body: html`
<header>
<p class="kicker">${document.name} on ${document.runtime}, ${minute(time.origin)}</p>
<h1>${headline(document)}</h1>
${document.complete ? null : html`<p class="warning"><b>Incomplete:</b> the run was interrupted; this is what it had by then.</p>`}
${tiles(document)}
</header>
${verdictSection(document.verdicts)}
<section>
<h2>What happened</h2>
${outcomes(document.users)}
<p class="hint noscript">The charts need script; all the numbers do not.</p>
<p class="hint script-only">Seconds since the load began, the same for the first charts: their cursor moves together. Drag to enlarge,
double-click for the whole; with the keyboard: arrow keys, Home, End.</p>
<div class="stack">
${overTime.map((one) => html`${figureOf(one)}\n`)}</div>
${figureOf(connect)}
</section>
${fixSection(document, evidence, fixed, fix)}
${settingsSection(document.settings, evidence.asked)}
${sourcesSection(document, evidence)}
`,
    charts: charts.filter((chart) => chart !== undefined),
  });
}

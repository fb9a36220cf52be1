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
import { outcomes } from './outcomes.ts';
import { page } from './page.ts';
import { figure } from './section-parts.ts';
import { settingsSection } from './settings-section.ts';
import { sourcesSection } from './sources-section.ts';
import { headline, tiles } from './summary.ts';
import { type Html, html } from './tagged-html.ts';
import { verdictSection } from './verdict.ts';

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
  const users = usersChart(evidence, time);
  const descriptors = descriptorsChart(evidence, time);
  const queue = queueChart(evidence, time);
  const counters = countersChart(evidence, time);
  const loop = loopChart(evidence, time);
  const connect = connectTimesChart(evidence.fleet.users, document.settings);
  const fix = fixed && fixChart(evidence, fixed);
  const shown = (title: string, chart: Chart | undefined, says: () => Html) =>
    chart && figure(title, chart, says());
  const body = html`
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
${shown('Users', users, () => caption.usersCaption(document))}
${shown("The gateway's descriptors", descriptors, () => caption.descriptorsCaption(evidence))}
${shown('Accept queue', queue, () => caption.queueCaption(evidence))}
${shown("The kernel's counters", counters, () => caption.countersCaption(evidence))}
${shown('Event loop delay, ms', loop, () => caption.loopCaption(evidence))}
</div>
${shown('Connect times: users (log scale) by time from connect(2) to established', connect, () => caption.connectCaption(evidence, document.settings))}
</section>
${fixSection(document, evidence, fixed, fix)}
${settingsSection(document.settings, evidence.asked)}
${sourcesSection(document, evidence)}
`;
  const title = `${document.name}: ${document.users.open} of ${document.users.asked} users open`;
  const charts = [users, descriptors, queue, counters, loop, connect, fix];
  return page({ title, body, charts: charts.filter((chart) => chart !== undefined) });
}

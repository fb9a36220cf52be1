import { wasCutShort } from '../../../robots/outcome.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { connectionsOf, witnessesOf } from '../../evidence/ledger/ledger.ts';
import { countOf } from '../../evidence/packed-lines.ts';
import { together } from '../../evidence/together.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { connectTimesChart } from '../data/connect-times.ts';
import { tallyLedger } from '../data/ledger-tally.ts';
import {
  countersChart,
  descriptorsChart,
  fixChart,
  loopChart,
  queueChart,
  usersChart,
} from '../data/run-charts.ts';
import { momentsOf, timelineOf } from '../data/timeline.ts';
import { findingsOfRun } from '../text/run-findings.ts';
import { answerList, nextLine } from './answer-list.ts';
import * as caption from './captions.ts';
import { fixSection } from './fix.ts';
import { ledgerSection } from './ledger-section.ts';
import { page } from './page.ts';
import { partsSection } from './parts-section.ts';
import { figureOf, minute, type Shown, sentences } from './section-parts.ts';
import { settingsSection } from './settings-section.ts';
import { sourcesSection } from './sources-section.ts';
import { outcomes, tiles } from './summary.ts';
import { html } from './tagged-html.ts';
import { verdictSections } from './verdict.ts';

/**
 * The report of one run: a file that needs no network. `evidence` may come from the run's folder, where the fleet's last
 * line is not kept: nothing here reads it.
 */
export function reportHtml(
  document: VerdictDocument,
  evidences: readonly Evidence[],
  fixes: readonly Evidence[] | undefined,
): string {
  const number = shownGateway(evidences);
  const shown = evidences[number] as Evidence;
  const evidence = together(evidences, shown);
  const fixed = fixes && together(fixes, fixes[number] ?? (fixes[0] as Evidence));
  const of = evidences.length > 1 ? ` (gateway ${number + 1} of ${evidences.length})` : '';
  const findings = findingsOfRun(document);
  const time = timelineOf(evidence);
  const overTime: Shown[] = [
    { title: 'Users', chart: usersChart(evidence, time), says: () => caption.usersCaption(document) },
    {
      title: `The gateway's descriptors${of}`,
      chart: descriptorsChart(evidence, time),
      says: () => caption.descriptorsCaption(evidence),
    },
    {
      title: `Accept queue${of}`,
      chart: queueChart(evidence, time),
      says: () => caption.queueCaption(evidence),
    },
    {
      title: `The kernel's counters${of}`,
      chart: countersChart(evidence, time),
      says: () => caption.countersCaption(evidence),
    },
    {
      title: `Event loop delay${of}, ms`,
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
  const tally = tallyLedger(connectionsOf(evidence.ledger), ...momentsOf(time));
  const ledger = ledgerSection(tally, witnessesOf(evidence.ledger), time);
  const title = `${document.name}: ${document.users.open} of ${document.users.asked} users open`;
  const charts = [...[...overTime, connect].map(({ chart }) => chart), ...ledger.charts, fix];
  return page({
    title,
    body: html`
<header>
<p class="kicker">${document.name} on ${document.runtime}, ${minute(time.origin)}</p>
<h1>${findings.headline}</h1>
${document.complete ? null : html`<p class="warning"><b>Incomplete:</b> ${findings.incomplete}</p>`}
${answerList(findings.answers)}
${tiles(document)}
</header>
${verdictSections(findings)}
${sentences('Not seen', findings.unseen)}
${nextLine(findings.next)}
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
${partsSection(document)}
${ledger.section}
${fixSection(document, evidence, fixed, fix, of)}
${settingsSection(document.settings, evidence.asked)}
${sourcesSection(document, evidence, tally.connections, of)}
`,
    charts: charts.filter((chart) => chart !== undefined),
  });
}

/** Of several gateways the one that is shown by itself: where most users failed. */
function shownGateway(evidences: readonly Evidence[]): number {
  const failed = evidences.map(({ fleet }) =>
    countOf(fleet.users, (user) => user.outcome !== 'open' && !wasCutShort(user)),
  );
  return failed.indexOf(Math.max(...failed));
}

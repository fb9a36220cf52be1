import { count } from '../../../common/format.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { connectionsOf, witnessesOf } from '../../evidence/ledger/ledger.ts';
import { highest } from '../data/axis.ts';
import {
  connectionsIn,
  descriptorsIn,
  heldChart,
  heldDescriptorsChart,
  refusalsChart,
  waitingChart,
} from '../data/diagnosis-charts.ts';
import { resetsSoFar } from '../data/ledger-charts.ts';
import { tallyLedger } from '../data/ledger-tally.ts';
import { usersChart } from '../data/run-charts.ts';
import { momentsOf, timelineOf } from '../data/timeline.ts';
import { findingsOfDiagnosis } from '../text/diagnosis-findings.ts';
import { answerList, nextLine } from './answer-list.ts';
import { backgroundSection, diagnosisTiles, type ShownDiagnosis, targetLine } from './diagnosis-summary.ts';
import { ledgerSection } from './ledger-section.ts';
import { page } from './page.ts';
import { figureOf, machine, minute, type Shown, sentences, table } from './section-parts.ts';
import { settingsSection } from './settings-section.ts';
import { outcomes } from './summary.ts';
import { type Html, html } from './tagged-html.ts';
import { verdictSections } from './verdict.ts';

/**
 * The report of one diagnosis: a file that needs no network, like that of a run. `evidence` may come from its folder; the ledger is
 * gone through once.
 */
export function diagnosisHtml(document: ShownDiagnosis, evidence: Evidence): string {
  const findings = findingsOfDiagnosis(document);
  const time = timelineOf(evidence);
  const tally = tallyLedger(connectionsOf(evidence.ledger), ...momentsOf(time));
  const ledger = ledgerSection(tally, witnessesOf(evidence.ledger), time);
  const samples = evidence.observer.series;
  const most = (read: Parameters<typeof samples.flatMap<number>>[0]) => highest(samples.flatMap(read));
  const { settings, users, target } = document;
  const shown: Shown[] = [
    {
      title: 'Users',
      chart: users === null ? undefined : usersChart(evidence, time),
      says: () =>
        html`${count(users?.asked ?? 0, 'user')} requested: ${users?.open} open to the end, ${users?.failed} failed. <cite>robots, one line a user</cite>`,
    },
    {
      title: 'Connections held',
      chart: heldChart(samples, time),
      says: () =>
        html`At most ${most((line) => connectionsIn(line) ?? [])} complete at once, ${most(({ server }) => server?.held ?? [])} of them accepted. <cite>/proc/net/tcp, this port</cite>`,
    },
    {
      title: 'Accept queue',
      chart: waitingChart(samples, document, time),
      says: () => html`At most ${count(
        most(({ acceptQueue }) => acceptQueue ?? []),
        'connection',
      )} seen waiting at one listener. Capacity is
<i class="predicted">predicted</i>: the backlog in force (${settings.backlog ?? 'not known'}) + 1. <cite>/proc/net/tcp; ss -ltn</cite>`,
    },
    {
      title: `Descriptors of ${target.name ?? 'the server'}`,
      chart: heldDescriptorsChart(samples, document, time),
      says: () =>
        html`At most ${most((line) => descriptorsIn(line, document) ?? [])} of nofile ${settings.nofile ?? 'not known'} seen${target.pids.length > 1 ? `, in the one of its ${target.pids.length} processes that came nearest to its limit` : ''}. <cite>/proc/&lt;pid&gt;/fd and limits</cite>`,
    },
    {
      title: 'RSTs and drops of this server',
      chart: refusalsChart(samples, resetsSoFar(tally, time), time),
      says: () =>
        html`${tally.resets.server} RST sent on its connections, ${most(({ server }) => server?.drops ?? [])} packets dropped by its listeners. <cite>connections.ndjson: reset; ss -ltn -m</cite>`,
    },
  ];
  const charts = [...shown.map(({ chart }) => chart), ...ledger.charts].filter(
    (chart) => chart !== undefined,
  );
  return page({
    title: `diagnose: ${findings.headline}`,
    body: html`
<header>
<p class="kicker">diagnose, ${minute(time.origin)}, watched for ${document.watched.seconds} s</p>
<h1>${findings.headline}</h1>
${document.complete ? null : html`<p class="warning"><b>Incomplete:</b> it was interrupted, or not watched to its end; this is what was seen by then.</p>`}
${answerList(findings.answers)}
<p>${targetLine(document)}</p>
${diagnosisTiles(document)}
</header>
${sentences('What was seen', document.seen)}
${verdictSections(findings)}
${sentences('Not seen', findings.unseen)}
${nextLine(findings.next)}
<section>
<h2>What happened</h2>
${users && outcomes(users)}
<p class="hint noscript">The charts need script; all the numbers do not.</p>
<p class="hint script-only">Seconds since ${users === null ? 'it was watched' : 'the load began'}: the cursor of these charts moves together. Drag to enlarge,
double-click for the whole; with the keyboard: arrow keys, Home, End.</p>
${charts.length === 0 ? html`<p>Nothing was sampled.</p>` : null}
<div class="stack">
${shown.map((one) => html`${figureOf(one)}\n`)}</div>
</section>
${ledger.section}
${backgroundSection(evidence)}
${settingsSection(settings, undefined, READ)}
${sources(document, evidence, tally.connections)}
`,
    charts,
  });
}

/** What is read otherwise than of our own gateway. */
const READ: Record<string, string> = {
  nofile: '/proc/<pid>/limits, soft',
  nofile_hard: '/proc/<pid>/limits, hard',
  backlog: 'ss -ltn: what listen(2) was given, bounded by somaxconn then',
};

function sources(document: ShownDiagnosis, { fleet, observer }: Evidence, connections: number): Html {
  const rows = [
    ["each connection's life", 'connections.ndjson, from ss -E, the table of the port, tracefs', connections],
    ['connections, queue, descriptors, drops', 'samples.ndjson, from /proc and ss', observer.series.length],
    ...(document.users === null
      ? []
      : [['users: outcome, stage, errno', 'users.ndjson', fleet.users.length]]),
    ['what is marked predicted', 'the law named beside it, from the settings in force', '–'],
  ];
  return html`<section>
<h2>Where the numbers come from</h2>
${table('Sources', [{ title: 'what' }, { title: 'read from' }, { title: 'lines', number: true }], rows)}
<p class="hint">${machine(document.host)}. ${document.path && html`Folder: <code>${document.path}</code>.`}</p>
</section>`;
}

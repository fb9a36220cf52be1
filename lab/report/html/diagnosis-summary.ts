import type { DiagnosisDocument } from '../../diagnose/diagnosis-document.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { waysOf } from '../../facts/user-groups.ts';
import { grown } from '../data/totals.ts';
import { percent, table, tile } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** What a diagnosis tells of itself, and where it lies. */
export type ShownDiagnosis = DiagnosisDocument & { path?: string | null };

/** What came of it, in one line. */
export function diagnosisHeadline({ verdicts, target: { name, port } }: ShownDiagnosis): string {
  const of = (word: string) => verdicts.filter(({ verdict }) => verdict === word).map(({ cause }) => cause);
  const [confirmed, contributing] = [of('confirmed'), of('contributing')];
  const unexplained = of('unknown').length > 0;
  const what =
    confirmed.length > 0
      ? `${confirmed.join(', ')} confirmed${unexplained ? ', and failures that nothing explains' : ''}`
      : unexplained
        ? 'failures that nothing explains'
        : `nothing is confirmed${contributing.length > 0 ? `; contributing: ${contributing.join(', ')}` : ''}`;
  return `${name ?? 'Server'} on port ${port}: ${what}`;
}

/** Which server, where, with which limits, and what else is there. */
export function targetLine({ target, settings, scope }: ShownDiagnosis): Html {
  const { name, pid, pids, addresses, port, container, elsewhere } = target;
  const process =
    pid === null
      ? 'a process that cannot be seen'
      : `${name} (pid ${pid}${pids.length > 1 ? `, one of ${pids.length}` : ''})`;
  const place = container ? `, in container ${container}` : elsewhere ? ', in another network namespace' : '';
  const limits = (['nofile', 'backlog', 'somaxconn'] as const).map(
    (limit) => `${limit} ${settings[limit] ?? 'not known'}`,
  );
  return html`${process} at ${addresses.map((address) => `${address}:${port}`).join(', ') || `port ${port}`}${place}. In force: ${limits.join(', ')}.
<br><b>scope:</b> ${scope}`;
}

/** The numbers that are looked for first: those of this server alone. */
export function diagnosisTiles({ verdicts, users, threshold, counted }: ShownDiagnosis): Html {
  const { accepted, held, resets, drops, turnedAway } = counted;
  const [first] = verdicts
    .filter(({ verdict }) => verdict === 'confirmed' || verdict === 'unknown')
    .sort((a, b) => b.explains - a.explains);
  const known = (number: number | null) => number ?? 'not known';
  const tone = (number: number | null) => (number ? 'bad' : '');
  return html`<dl class="tiles">
${tile('Cause', first?.cause ?? 'none confirmed', first ? `${first.verdict}, explains ${first.explains}${first.share === undefined ? '' : ` (${percent(first.share)})`}` : 'see the verdict', first ? 'bad' : '')}
${users && tile('Users', `${users.open} of ${users.asked} open`, users.failed === 0 ? 'none failed' : `${users.failed} failed: ${waysOf(users.by).join(', ')}`, tone(users.failed))}
${threshold && tile('Threshold', html`${threshold.atLeast ? '≥ ' : ''}${threshold.measured} measured`, html`${threshold.predicted === null ? 'no law predicts it' : html`<i class="predicted">${threshold.predicted} predicted</i> by ${threshold.law}`}`)}
${tile('Connections', known(accepted), `at most ${held ?? '?'} held at once`)}
${tile('Turned away', known(turnedAway), 'closed by the server at once', tone(turnedAway))}
${tile('RST sent', known(resets), 'by this server', tone(resets))}
${tile('Dropped', known(drops), 'packets, by its listeners', tone(drops))}
</dl>`;
}

/** A section of sentences; null when there is none. */
export function sentences(title: string, all: readonly string[]): Html | null {
  if (all.length === 0) return null;
  return html`<section>
<h2>${title}</h2>
<ul>${all.map((one) => html`<li>${one}</li>`)}</ul>
</section>`;
}

/** Of the namespace, so of whoever lives in it. */
const BACKGROUND = [
  ['Tcp OutRsts', 'RSTs sent'],
  ['Tcp PassiveOpens', 'connections that came'],
  ['TcpExt ListenOverflows', 'drops at a full accept queue'],
  ['TcpExt ListenDrops', 'drops by listeners'],
  ['TcpExt TCPSynRetrans', 'SYN or SYN-ACK sent again'],
] as const;

/** What the whole network namespace counted meanwhile. Null where that was not read. */
export function backgroundSection(evidence: Evidence): Html | null {
  const { counters = {} } = evidence.observer.before ?? {};
  const known = BACKGROUND.filter(([name]) => name in counters);
  if (known.length === 0) return null;
  return html`<section>
<h2>Background</h2>
<p class="hint">Counters of the whole network namespace, whoever moved them: no verdict rests on them. <cite>/proc/net/snmp and netstat</cite></p>
${table(
  'Background',
  [{ title: 'counter' }, { title: 'grew by', number: true }, { title: 'what' }],
  known.map(([name, what]): Part[] => [name, grown(evidence, name), what]),
)}
</section>`;
}

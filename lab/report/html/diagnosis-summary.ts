import type { DiagnosisDocument } from '../../diagnose/diagnosis-document.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { waysOf } from '../../facts/user-groups.ts';
import { grown } from '../data/totals.ts';
import { strangerWords } from '../stranger-words.ts';
import { placeOf, processOf } from '../text/diagnosis-findings.ts';
import { table, tile } from './section-parts.ts';
import { usersTile } from './summary.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** What a diagnosis tells of itself, and where it lies. */
export type ShownDiagnosis = DiagnosisDocument & { path?: string | null };

/** Which server, where, with which limits, and what else is there. */
export function targetLine(document: ShownDiagnosis): Html {
  const { target, settings, scope } = document;
  const { addresses, port } = target;
  const limits = (['nofile', 'backlog', 'somaxconn'] as const).map(
    (limit) => `${limit} ${settings[limit] ?? 'not known'}`,
  );
  return html`${processOf(document)} at ${addresses.map((address) => `${address}:${port}`).join(', ') || `port ${port}`}${placeOf(document)}. In force: ${limits.join(', ')}.
<br><b>scope:</b> ${scope}`;
}

/** The numbers that are looked for first: those of this server alone. */
export function diagnosisTiles({ users, threshold, counted, target }: ShownDiagnosis): Html {
  const { accepted, held, resets, drops, turnedAway } = counted;
  const known = (number: number | null) => number ?? 'not known';
  const tone = (number: number | null) => (number ? 'bad' : '');
  return html`<dl class="tiles">
${users && usersTile(users, waysOf(users.by).map(strangerWords(target).stages))}
${threshold && tile('Threshold', html`${threshold.atLeast ? '≥ ' : ''}${threshold.measured} measured`, html`${threshold.predicted === null ? 'no law predicts it' : html`<i class="predicted">${threshold.predicted} predicted</i> by ${threshold.law}`}`)}
${tile('Connections', known(accepted), `at most ${held ?? '?'} open at once`)}
${tile('Turned away', known(turnedAway), 'closed by the server at once', tone(turnedAway))}
${tile('RST sent', known(resets), 'by this server', tone(resets))}
${tile('Dropped', known(drops), 'packets, by its listeners', tone(drops))}
</dl>`;
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

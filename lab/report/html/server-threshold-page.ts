import { count } from '../../../common/format.ts';
import type { ServerThresholdDocument } from '../../threshold/strangers/server-threshold-document.ts';
import { cameIn, judgedBy, serverThresholdAnswer, serverThresholdFacts } from '../server-threshold-text.ts';
import { page } from './page.ts';
import { machine, table, tile } from './section-parts.ts';
import { settingsSection } from './settings-section.ts';
import { type Html, html, type Part } from './tagged-html.ts';

const LOADS = [
  { title: 'users', number: true },
  { title: 'came' },
  { title: 'open', number: true },
  { title: 'failed', number: true },
  { title: 'by' },
];

/** Where a watcher reads what is in force. */
const READ = { nofile: '/proc/<pid>/limits', nofile_hard: '/proc/<pid>/limits', backlog: 'ss -ltn' };

/** The report of `threshold` of a server that is not ours. A file that needs no network. */
export function serverThresholdHtml(document: ServerThresholdDocument): string {
  const { points, target, host, complete, ended, path } = document;
  const answer = serverThresholdAnswer(document);
  const name = `threshold of ${target.name ?? 'a server'} on port ${target.port}`;
  return page({
    title: `${name}: ${answer}`,
    body: html`
<header>
<p class="kicker">${name}</p>
<h1>${answer}</h1>
${complete ? null : html`<p class="warning"><b>Incomplete:</b> ${ended}</p>`}
${tiles(document)}
</header>
<section>
<h2>What is known of it</h2>
${table('Facts', [{ title: 'what' }, { title: 'it is', sentences: true }], serverThresholdFacts(document))}
</section>
<section>
<h2>Every load</h2>
${table('Loads', LOADS, loads(document))}
<p class="hint">A failure is: ${document.failure}. A capacity is the same however slowly users come; a rate fails a
burst that a slow ramp does not.</p>
</section>
${settingsSection(points[0]?.settings ?? {}, undefined, READ)}
<p class="hint">${machine(host)}. ${path && html`Folder: <code>${path}</code>.`}</p>
`,
    charts: [],
  });
}

function tiles({ points }: ServerThresholdDocument): Html | null {
  const [point] = points;
  if (point === undefined) return null;
  const { measured, predicted, limitedBy, limit, atLeast, limit: kind, failsAt, runs, error } = point;
  const bound = atLeast || kind === null ? '≥ ' : '';
  return html`<dl class="tiles">
${tile('Measured', `${bound}${measured ?? '–'}`, 'users without failure', error === 0 ? 'good' : '')}
${tile('Predicted', predicted === null ? '–' : html`<i class="predicted">${predicted}</i>`, point.law ?? 'no law predicts it')}
${tile('Limited by', limitedBy, limit === null ? 'the search is not over' : `a ${limit}`)}
${tile('Fails at', failsAt ?? '–', count(runs, 'load'))}
</dl>`;
}

function loads({ points }: ServerThresholdDocument): Part[][] {
  return (points[0]?.trials ?? []).map((trial) => [
    trial.users,
    cameIn(trial),
    trial.open,
    trial.failed,
    judgedBy(trial),
  ]);
}

import type { Evidence } from '../evidence/evidence.ts';
import type { VerdictDocument } from '../run/document.ts';
import type { EvidenceItem, Verdict } from '../verdict/types.ts';

/** The report of one run as a single file that needs no network. */
export function reportHtml(
  document: VerdictDocument,
  _evidence: Evidence,
  _fixed: Evidence | undefined,
): string {
  const { users, threshold, fix } = document;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.name)}: ${users.open} of ${users.asked} users open</title>
<style>${STYLE}</style>
<h1>${escapeHtml(document.name)}</h1>
<p><b>${users.asked}</b> users asked, <b>${users.open}</b> open, <b>${users.failed}</b> failed, on ${escapeHtml(document.runtime)}.
Threshold ${threshold.atLeast ? 'at least ' : ''}${threshold.measured} measured, ${threshold.predicted ?? 'unknown'} predicted (${escapeHtml(threshold.law)}).</p>
${document.complete ? '' : '<p><b>Incomplete: the run was interrupted.</b></p>'}
<table><tr><th>outcome<th>stage<th>errno<th>users</tr>
${users.by.map(({ outcome, stage, errno, count }) => `<tr><td>${outcome}<td>${stage}<td>${escapeHtml(errno ?? '')}<td>${count}</tr>`).join('\n')}</table>
<h2>Verdict</h2>
${document.verdicts.map(verdictHtml).join('\n')}
${fix ? `<p><b>${fix.verified ? 'Fix verified' : 'Fix failed'}</b>: ${escapeHtml(fix.change)}: ${fix.users.open} of ${fix.users.asked} open, ${fix.users.failed} failed.</p>` : ''}
<h2>Settings in force</h2>
<table>${Object.entries(document.settings)
    .map(([name, value]) => `<tr><td><code>${escapeHtml(name)}</code><td>${escapeHtml(String(value))}</tr>`)
    .join('\n')}</table>
<p class="dim">${escapeHtml(`${document.host.os} ${document.host.kernel}, node ${document.host.node}, driver ${document.driver}, seed ${document.seed}`)}</p>
</html>
`;
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif}body{max-width:60rem;margin:1rem auto;padding:0 1rem}
table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}.dim,small{opacity:.65}
.confirmed{color:#c62828}.refuted{color:#2e7d32}.contributing,.insufficient-data,.unknown{color:#b26a00}`;

function verdictHtml({ cause, verdict, explains, for: pro, against }: Verdict): string {
  const share = explains > 0 ? ` explains ${explains} of the failed users` : '';
  return `<h3><span class="${verdict}">${verdict}</span> ${escapeHtml(cause)}<small>${share}</small></h3>
<ul>${pro.map((item) => itemHtml('for', item)).join('')}${against.map((item) => itemHtml('against', item)).join('')}</ul>`;
}

function itemHtml(side: string, { source, name, before, after, limit, says }: EvidenceItem): string {
  const change = before === null ? `${after ?? '?'}` : `${before} → ${after ?? '?'}`;
  const bound = limit === undefined ? '' : ` of ${limit}`;
  return `<li>${side}: ${escapeHtml(says)} <small>${escapeHtml(`${name}: ${change}${bound}; ${source}`)}</small></li>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

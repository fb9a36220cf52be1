import type { Evidence } from '../../evidence/evidence.ts';
import type { UsersDocument } from '../../run/users-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import type { Chart } from '../chart.ts';
import { grown, most } from '../data/totals.ts';
import { figure, table } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** The same load with the fix, beside the run without. Null when none was tried. `of`: which gateway it is, of several. */
export function fixSection(
  { fix, users }: VerdictDocument,
  before: Evidence,
  after: Evidence | undefined,
  chart: Chart | undefined,
  of = '',
): Html | null {
  if (fix === null) return null;
  if (fix.error !== undefined)
    return html`<section>
<h2>The fix: ${fix.change}</h2>
<p class="word bad">✗ not shown: the same load again came to no result: ${fix.error}</p>
</section>`;
  const rows: Part[][] = [
    ['users open', users.open, fix.users.open],
    ['users failed', users.failed, fix.users.failed],
    ['how they failed', ways(users), ways(fix.users)],
    [`nofile${of}`, nofile(before), nofile(after)],
    [`descriptors, most seen${of}`, seen(before, 'descriptors'), seen(after, 'descriptors')],
    [`accept queue, most seen${of}`, seen(before, 'acceptQueue'), seen(after, 'acceptQueue')],
    [`RST sent${of}`, grown(before, 'Tcp OutRsts'), after && grown(after, 'Tcp OutRsts')],
    [
      `ListenOverflows${of}`,
      grown(before, 'TcpExt ListenOverflows'),
      after && grown(after, 'TcpExt ListenOverflows'),
    ],
  ];
  return html`<section>
<h2>The fix: ${fix.change}</h2>
<p class="word ${fix.verified ? 'good' : 'bad'}">${fix.verified ? '✓ verified' : '✗ did not help'}: the same load again, ${fix.users.open} of ${fix.users.asked} users open, ${fix.users.failed} failed.</p>
${table('Before and after the fix', [{ title: '' }, { title: 'before', number: true }, { title: 'after', number: true }], rows)}
${chart && figure('Users before and after', chart, html`Both from the beginning of their load; thin: before, thick: after. <cite>robots, one line a user</cite>`)}
</section>`;
}

function ways({ by }: UsersDocument): string {
  const failed = by.filter(({ outcome }) => outcome !== 'open');
  return failed.map(({ outcome, stage, count }) => `${count} × ${outcome} in ${stage}`).join(', ') || '–';
}

function nofile(evidence: Evidence | undefined): Part {
  return evidence?.observer.before?.process?.nofileHard ?? '?';
}

function seen(evidence: Evidence | undefined, what: Parameters<typeof most>[1]): Part {
  return (evidence && most(evidence, what)) ?? '?';
}

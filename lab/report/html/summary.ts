import { count } from '../../../common/format.ts';
import { waysOf } from '../../facts/user-groups.ts';
import { failedOnceOpen, type UsersDocument, type VerdictDocument } from '../../run/verdict-document.ts';
import { bar, percent, predicted, table, tile } from './section-parts.ts';
import { type Html, html } from './tagged-html.ts';

/** What came of it, in one line. */
export function headline({ users }: VerdictDocument): string {
  const undecided = users.asked - users.open - users.failed;
  if (undecided > 0)
    return `${users.open} of ${count(users.asked, 'user')} open, ${users.failed} failed, ${undecided} undecided`;
  if (users.failed === 0) return `All ${users.asked} users open, none failed`;
  return `${users.failed} of ${count(users.asked, 'user')} failed, ${users.open} open`;
}

/** The four numbers that are looked for first. */
export function tiles(document: VerdictDocument): Html {
  const { users, bets } = document;
  const lost = bets.lost + bets.doubled;
  return html`<dl class="tiles">
${causeTile(document)}
${thresholdTile(document)}
${fixTile(document)}
${tile('Bets', `${bets.recorded} of ${bets.placed}`, `recorded of placed; ${bets.lost} lost, ${bets.doubled} doubled`, lost > 0 ? 'bad' : '')}
${users.failed === 0 ? null : tile('Failed', `${((users.failed / Math.max(1, users.asked)) * 100).toFixed(1)} %`, waysOf(users.by).join(', '), 'bad')}
</dl>`;
}

function causeTile({ verdicts, users }: VerdictDocument): Html {
  const [first, ...others] = verdicts
    .filter(({ verdict }) => verdict === 'confirmed' || verdict === 'unknown')
    .sort((a, b) => b.explains - a.explains);
  if (first === undefined)
    return tile('Cause', users.failed === 0 ? 'none' : 'none confirmed', 'see the verdict', '');
  const more = others.length > 0 ? `; also ${others.map(({ cause }) => cause).join(', ')}` : '';
  return tile(
    'Cause',
    first.cause,
    `${first.verdict}, explains ${first.explains} of ${users.failed} failed${more}`,
    'bad',
  );
}

function thresholdTile({ users, threshold }: VerdictDocument): Html {
  const cut = failedOnceOpen(users);
  if (cut > 0)
    return tile(
      'Let in',
      html`${threshold.measured} measured`,
      `${cut} failed once open: no threshold was measured`,
    );
  const measured = `${threshold.atLeast ? '≥ ' : ''}${threshold.measured}`;
  return tile(
    'Threshold',
    html`${measured} measured`,
    html`${predicted(threshold.predicted)} by ${threshold.law}`,
  );
}

function fixTile({ fix }: VerdictDocument): Html | null {
  if (fix === null) return null;
  if (fix.error !== undefined) return tile('Fix', '✗ not shown', `${fix.change}: ${fix.error}`, 'bad');
  const { open, asked } = fix.users;
  return tile(
    'Fix',
    fix.verified ? '✓ verified' : '✗ failed',
    `${fix.change}: ${open} of ${asked} open`,
    fix.verified ? 'good' : 'bad',
  );
}

/** Users that fared alike, with the status of an answer that was a failure, and the first bytes that most of them had heard. */
type Group = UsersDocument['by'][number] & { status?: number; said?: string };

/** How the users ended, most first; status and what the server said where there is any. */
export function outcomes({ asked, by }: Omit<UsersDocument, 'by'> & { by: readonly Group[] }): Html {
  const answered = by.some(({ status }) => status !== undefined);
  const heard = by.some(({ said }) => said !== undefined);
  return html`<h3>Outcomes</h3>
${table(
  'Outcomes',
  [
    { title: 'outcome' },
    { title: 'stage' },
    { title: 'errno' },
    ...(answered ? [{ title: 'status' }] : []),
    { title: 'users', number: true },
    { title: 'share', number: true },
    { title: '' },
    ...(heard ? [{ title: 'the server said', sentences: true }] : []),
  ],
  by.map(({ outcome, stage, errno, status, said, count }) => {
    const share = count / Math.max(1, asked);
    return [
      outcome,
      stage,
      errno ?? '–',
      ...(answered ? [status ?? '–'] : []),
      count,
      percent(share),
      bar(share, outcome === 'open' ? 'open' : 'failed'),
      ...(heard ? [said === undefined ? '–' : html`<code>${said}</code>`] : []),
    ];
  }),
)}`;
}

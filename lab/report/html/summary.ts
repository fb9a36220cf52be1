import { waysOf } from '../../facts/user-groups.ts';
import { failedOnceOpen, type UsersDocument } from '../../run/users-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { bar, percent, predicted, table, tile } from './section-parts.ts';
import { type Html, html } from './tagged-html.ts';

/** The numbers that are looked for first. */
export function tiles(document: VerdictDocument): Html {
  const { users, bets } = document;
  const lost = bets.lost + bets.doubled;
  return html`<dl class="tiles">
${usersTile(users)}
${thresholdTile(document)}
${tile('Bets', `${bets.recorded} of ${bets.placed}`, `recorded of placed; ${bets.lost} lost, ${bets.doubled} doubled`, lost > 0 ? 'bad' : '')}
</dl>`;
}

/** How many users became open of those that were requested, and how the others failed. */
export function usersTile({ asked, open, failed, by }: UsersDocument, ways = waysOf(by)): Html {
  const undecided = asked - open - failed;
  const rest = undecided > 0 ? `, ${undecided} undecided` : '';
  const share = percent(failed / Math.max(1, asked));
  const note = failed === 0 ? `none failed${rest}` : `${failed} failed (${share})${rest}: ${ways.join(', ')}`;
  return tile('Users', `${open} of ${asked} open`, note, failed > 0 ? 'bad' : '');
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

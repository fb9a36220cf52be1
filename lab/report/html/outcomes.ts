import type { UsersDocument } from '../../run/verdict-document.ts';
import { bar, percent, table } from './section-parts.ts';
import { type Html, html } from './tagged-html.ts';

const COLUMNS = [
  { title: 'outcome' },
  { title: 'stage' },
  { title: 'errno' },
  { title: 'users', number: true },
  { title: 'share', number: true },
  { title: '' },
];

/** How the users ended, most first. */
export function outcomes({ asked, by }: UsersDocument): Html {
  return html`<h3>Outcomes</h3>
${table(
  'Outcomes',
  COLUMNS,
  by.map(({ outcome, stage, errno, count }) => {
    const share = count / Math.max(1, asked);
    return [
      outcome,
      stage,
      errno ?? '–',
      count,
      percent(share),
      bar(share, outcome === 'open' ? 'open' : 'failed'),
    ];
  }),
)}`;
}

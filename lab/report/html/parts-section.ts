import type { GatewayPart } from '../../run/parts-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { type Html, html } from './tagged-html.ts';

/** What each gateway did, in its own numbers; nothing where there is one. */
export function partsSection({ parts }: VerdictDocument): Html | null {
  if (parts === undefined) return null;
  const sources = new Set(parts.fleets.map(({ source }) => source)).size;
  return html`<section>
<h2>Each gateway</h2>
<p>The users go to the gateways by number, from ${sources} source address${sources === 1 ? '' : 'es'} of robots.</p>
<table>
<thead><tr>${HEAD.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>
${parts.gateways.map((part) => html`<tr>${cellsOf(part).map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table>
</section>`;
}

const HEAD = [
  'gateway',
  'users',
  'open',
  'failed',
  'room',
  'predicted',
  'bets acked',
  'connections',
  'memory, MB',
];

function cellsOf({ number, users, threshold, bets, ledger, rss }: GatewayPart): (string | number)[] {
  return [
    number,
    users.asked,
    users.open,
    users.failed,
    `${threshold.atLeast ? 'at least ' : ''}${threshold.measured}`,
    threshold.predicted ?? 'none',
    bets.acked,
    `${ledger.connections}${ledger.lost > 0 ? `, ${ledger.lost} lost` : ''}`,
    rss === undefined ? 'not known' : Math.round(rss / 1e6),
  ];
}

import { count } from '../../../common/format.ts';
import { smallest } from '../../facts/numbers.ts';
import type { FleetPart, GatewayPart, PartsDocument } from '../../run/parts-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { bytesText } from '../text/estimate.ts';
import { beganText, type SourcePart, sourceParts } from '../text/part-rows.ts';
import { table } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** A table of more fleets would be most of the page. */
const MOST_FLEETS = 200;

const USERS = [
  { title: 'requested', number: true },
  { title: 'open', number: true },
  { title: 'failed', number: true },
];

const GATEWAYS = [
  { title: 'gateway' },
  ...USERS,
  { title: 'threshold', number: true },
  { title: 'predicted', number: true },
  { title: 'nofile', number: true },
  { title: 'at start', number: true },
  { title: 'bets recorded', number: true },
  { title: 'connections', number: true },
  { title: 'memory', number: true },
];

const FLEETS = [
  { title: 'source' },
  { title: 'gateway' },
  { title: 'users', number: true },
  ...USERS,
  { title: 'first connect, ms', number: true },
  { title: 'last connect, ms', number: true },
];

/** What each gateway and each source did, in its own numbers; nothing where there is one of each. */
export function partsSection({ parts }: VerdictDocument): Html | null {
  if (parts === undefined) return null;
  const sources = sourceParts(parts);
  const began = beganText(parts);
  return html`<section>
<h2>Each part</h2>
<p>The users went to ${count(parts.gateways.length, 'gateway')} by number, from ${count(sources.length, 'source address')} of robots.</p>
${began && html`<p>The ${began}.</p>`}
${table('Each gateway', GATEWAYS, parts.gateways.map(gatewayRow))}
<p class="hint">Threshold: users let in; ≥: none failed there. <i class="predicted">In italics</i>: predicted by the law of the
smallest limit. At start: descriptors before the first user. Connections: in its ledger. Memory: the most that its process had.</p>
${sources.length > 1 && sourcesOf(parts, sources)}
</section>`;
}

function gatewayRow({ number, users, threshold, bets, ledger, rss, ...more }: GatewayPart): Part[] {
  return [
    number,
    ...usersCells(users),
    `${threshold.atLeast ? '≥ ' : ''}${threshold.measured}`,
    threshold.predicted === null ? '–' : html`<i class="predicted">${threshold.predicted}</i>`,
    more.nofile ?? '–',
    more.descriptorsAtRest ?? '–',
    `${bets.recorded} of ${bets.placed}`,
    ledger.lost > 0
      ? html`${ledger.connections}, <span class="bad">${ledger.lost} lost</span>`
      : ledger.connections,
    rss === undefined ? '–' : bytesText(rss),
  ];
}

function sourcesOf({ fleets }: PartsDocument, sources: readonly SourcePart[]): Html {
  const origin = smallest(fleets.flatMap(({ firstConnectAt }) => firstConnectAt ?? []));
  return html`<h3>Each source</h3>
${table(
  'Each source',
  [{ title: 'source' }, ...USERS],
  sources.map(({ number, users }) => [number, ...usersCells(users)]),
)}
${
  fleets.length <= MOST_FLEETS
    ? html`<details><summary>From each source to each gateway: ${count(fleets.length, 'fleet')}</summary>
${table(
  'Each fleet',
  FLEETS,
  fleets.map((fleet) => fleetRow(fleet, origin)),
)}
<p class="hint">Connects: since the first of all fleets.</p>
</details>`
    : html`<p class="hint">From each source to each gateway: ${count(fleets.length, 'fleet')}, which are in verdict.json.</p>`
}`;
}

function fleetRow({ source, gateway, from, to, users, ...connects }: FleetPart, origin: number): Part[] {
  const since = (at: number | undefined) => (at === undefined ? '–' : (at - origin).toFixed(1));
  return [
    source,
    gateway,
    users.asked === 0 ? '–' : `${from} to ${to}`,
    ...usersCells(users),
    since(connects.firstConnectAt),
    since(connects.lastConnectAt),
  ];
}

function usersCells({ asked, open, failed }: FleetPart['users']): Part[] {
  return [asked, open, failed > 0 ? html`<b class="bad">${failed}</b>` : failed];
}

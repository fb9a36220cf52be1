import { count } from '../../../common/format.ts';
import type { WitnessLine } from '../../../protocol/connection-events.ts';
import type { Chart } from '../chart.ts';
import { agesCharts, endsChart, silencesChart, waitsChart } from '../data/ledger-charts.ts';
import { ENDS, type End, type LedgerTally } from '../data/ledger-tally.ts';
import type { LogBins } from '../data/log-bins.ts';
import type { Timeline } from '../data/timeline.ts';
import { figure, table } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** Each connection of the server: how many ended how and when, how long it waited to be accepted, how old it became. */
export function ledgerSection(
  tally: LedgerTally,
  witnesses: readonly WitnessLine[],
  time: Timeline,
): { section: Html; charts: Chart[] } {
  if (tally.connections === 0)
    return {
      section: html`<section>
<h2>Each connection</h2>
<p>${whyNone(witnesses)}</p>
</section>`,
      charts: [],
    };
  const [ends, waits, ages, silences] = [
    endsChart(tally, time),
    waitsChart(tally),
    agesCharts(tally),
    silencesChart(tally),
  ];
  return {
    section: html`<section>
<h2>Each connection</h2>
<p class="hint">${count(tally.connections, 'connection')}, of which ${tally.open} were still open at the end. ${resetsOf(tally)}${doubts(witnesses)}</p>
${ends && figure('Ends, a second', ends, html`In stretches of ${words(tally.overTime.width)}. <cite>connections.ndjson: closed, closedBy, how</cite>`)}
${
  waits
    ? figure(
        'Waits in the accept queue: how many of 100 connections waited at most so long',
        waits,
        waitsCaption(tally),
      )
    : html`<h3>Waits in the accept queue</h3>
<p>${noWaits(tally)}</p>`
}
${waits && waitsTable(tally)}
${
  ages.length > 0
    ? html`<div class="stack">${ages.map(({ end, chart }) => html`${figure(`Ages at close: ${titleOf(end)}`, chart, agesCaption(tally, end))}\n`)}</div>`
    : html`<h3>Ages at close</h3>
<p>No age is known.</p>`
}
<p class="hint">One bar beside empty ground is a clock: a deadline by age, an idle time-out by silence. What came first is the end; an
RST that came after a FIN is not.</p>
${silences && figure('Silence of the client at the end, but for those that it ended itself', silences, html`An idle time-out is one bar here, however old the connections were. <cite>connections.ndjson: silentIn</cite>`)}
${agesTable(tally)}
</section>`,
    charts: [ends, waits, ...ages.map(({ chart }) => chart), silences].filter((chart) => chart !== undefined),
  };
}

function whyNone(witnesses: readonly WitnessLine[]): string {
  const missing = witnesses.flatMap(({ by, missing }) => (missing === undefined ? [] : `${by}: ${missing}`));
  const told = witnesses.filter(({ missing }) => missing === undefined).map(({ by }) => by);
  if (told.length > 0)
    return `No connection was reported by ${told.join(', ')}.${missing.length > 0 ? ` ${missing.join('; ')}.` : ''}`;
  return `No ledger, so no waits and no ages: ${missing.join('; ') || 'no witness told of single connections'}.`;
}

/** What a witness may say besides: what it cannot tell, and the accepts that failed for want of descriptors, by errno. */
type MoreSaid = WitnessLine & { without?: string[]; failedAccepts?: Record<string, number> };

/** Who could not tell, or not all, and what was lost. */
function doubts(witnesses: readonly MoreSaid[]): Part {
  return witnesses.flatMap(({ by, missing, lost, without = [], failedAccepts = {} }) => [
    ...(missing === undefined ? [] : [`Without ${by}: ${missing}. `]),
    ...without.map((what) => `Not told by ${by}: ${what}. `),
    ...Object.entries(failedAccepts).map(
      ([errno, times]) => html`<b class="bad">accept(2) failed ${times} times with ${errno}</b>. `,
    ),
    ...(lost > 0 ? [html`<b class="bad">${lost} lost to ${by}</b>: there were more than are shown. `] : []),
  ]);
}

/** Who sent RSTs, at any time of a connection. */
function resetsOf({ resets: { server, client, neither } }: LedgerTally): string {
  return `An RST was sent by the server on ${server} of them, by the client on ${client}, by neither on ${neither}. `;
}

function noWaits({ waits: { never } }: LedgerTally): string {
  const unaccepted = never > 0 ? `; ${count(never, 'connection')} never accepted` : '';
  return `No wait is known: it takes tracefs, or a table of the port that is read while they wait${unaccepted}.`;
}

function waitsCaption({ waits: { exact, longest, never, unknown } }: LedgerTally): Html {
  return html`${exact.total} exact, ${count(longest.total, 'bracket')}, ${never} never accepted, of ${unknown} the wait is not known.
${longest.total > 0 ? 'A bracket is drawn between as short and as long as it may be. ' : null}<cite>connections.ndjson: wait</cite>`;
}

const PARTS = [
  ['half within', 0.5],
  ['90 % within', 0.9],
  ['99 % within', 0.99],
] as const;

function waitsTable({ waits: { exact, longest, shortest } }: LedgerTally): Html {
  const rows = [
    ['exact', exact] as const,
    ['brackets, as long as they may be', longest] as const,
    ['brackets, as short as they may be', shortest] as const,
  ].filter(([, { total }]) => total > 0);
  return table(
    'Waits in the accept queue',
    [
      { title: 'wait' },
      { title: 'connections', number: true },
      ...PARTS.map(([title]) => ({ title, number: true })),
      { title: 'longest', number: true },
    ],
    rows.map(([name, bins]) => [
      name,
      bins.total,
      ...PARTS.map(([, part]) => words(bins.within(part))),
      words(bins.longest),
    ]),
  );
}

function titleOf(end: End): string {
  return end === 'not known' ? 'end not known' : end === 'FIN' ? 'FIN, closed by an unknown side' : end;
}

function agesCaption({ ends }: LedgerTally, end: End): Html {
  const { count: all, ages, agesAtMost, ageless } = ends[end];
  const brackets = fullestOf(agesAtMost);
  return html`${count(all, 'connection')}; ${fullestOf(ages) ?? 'no age is exact'}.
${brackets && `Upper bounds of the age (narrow bars, or the only ones): ${brackets}. `}${ageless > 0 ? `${ageless} without an age. ` : null}<cite>connections.ndjson: age, closedBy, how</cite>`;
}

function agesTable({ ends, silences }: LedgerTally): Html {
  const there = ENDS.filter((end) => ends[end].count > 0);
  const row = (title: string, all: number, bins: LogBins): Part[] => [
    title,
    all,
    bins.total,
    ...(bins.total === 0
      ? ['–', '–', '–']
      : [words(bins.within(0.5)), words(bins.within(0.9)), words(bins.longest)]),
    fullestOf(bins) ?? '–',
  ];
  return table(
    'Ages at close',
    [
      { title: 'end' },
      { title: 'connections', number: true },
      { title: 'known', number: true },
      { title: 'half within', number: true },
      { title: '90 % within', number: true },
      { title: 'longest', number: true },
      { title: 'fullest bar' },
    ],
    [
      ...there.flatMap((end) => {
        const { count: all, ages, agesAtMost } = ends[end];
        const brackets = row(`${titleOf(end)}: upper bounds of the age`, all, agesAtMost);
        const exact = row(titleOf(end), all, ages);
        return agesAtMost.total === 0 ? [exact] : ages.total === 0 ? [brackets] : [exact, brackets];
      }),
      ...(silences.server.total > 0
        ? [row('silence, FIN by the server', ends['FIN by the server'].count, silences.server)]
        : []),
      ...(silences.unknown.total > 0
        ? [
            row(
              'silence, closed by an unknown side',
              ends.FIN.count + ends['not known'].count,
              silences.unknown,
            ),
          ]
        : []),
    ],
  );
}

function fullestOf(bins: LogBins): string | undefined {
  const { fullest } = bins;
  if (fullest === undefined) return undefined;
  const [from, to] = [words(fullest.shortest), words(fullest.longest)];
  return `${fullest.count} of ${bins.total} ${from === to ? `at ${to}` : `between ${from} and ${to}`}`;
}

/** A time in the unit that a person would take, to four digits. */
function words(ms: number): string {
  const [size, unit] =
    ms < 1000 ? [1, 'ms'] : ms < 60_000 ? [1000, 's'] : ms < 3_600_000 ? [60_000, 'min'] : [3_600_000, 'h'];
  return `${Number((ms / Number(size)).toPrecision(4))} ${unit}`;
}

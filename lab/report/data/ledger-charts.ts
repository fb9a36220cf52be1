import type { Chart, Series, Tone } from '../chart.ts';
import { upFromZero } from './axis.ts';
import { seconds } from './crowd-counts.ts';
import { ENDS, type End, type LedgerTally } from './ledger-tally.ts';
import { columnsOf, endOf, type LogBins, middleOf } from './log-bins.ts';
import { align, type Points } from './series-table.ts';
import { type Timeline, timeChart } from './timeline.ts';

/** So many columns are left free beside those that hold any: one column alone shall look like one. */
const MARGIN = 6;

const TONES: Record<End, Tone> = {
  'FIN by the server': 'gateway',
  'FIN by the client': 'open',
  FIN: 'kernel',
  RST: 'failed',
  'not known': 'asked',
};

const IDS: Record<End, string> = {
  'FIN by the server': 'ages-server',
  'FIN by the client': 'ages-client',
  FIN: 'ages-fin',
  RST: 'ages-reset',
  'not known': 'ages-unknown',
};

/**
 * How many of 100 connections waited at most so long in the accept queue. A bracket is a band: the wait of each lies between its
 * two lines. Undefined where no wait is known.
 */
export function waitsChart({ waits: { exact, longest, shortest } }: LedgerTally): Chart | undefined {
  const columns = columnsOf([exact, longest, shortest], 1);
  if (columns.length === 0) return undefined;
  const line = (name: string, tone: Tone, bins: LogBins, thin = false): Series => ({
    name,
    tone,
    thin,
    origin: 'measured',
    draw: 'step',
    values: columns.map((column) => Math.round((bins.upTo(column) / bins.total) * 10_000) / 100),
  });
  const series = exact.total > 0 ? [line('exact', 'gateway', exact)] : [];
  const brackets = [
    line('bracket: as short as may be', 'kernel', shortest, true),
    line('bracket: as long as may be', 'kernel', longest),
  ];
  const [low, high] = brackets.map(({ values }) => JSON.stringify(values));
  // Narrower than a column they are one line.
  const apart = longest.total > 0 && low !== high;
  const bands: Chart['bands'] = apart ? [[series.length, series.length + 1]] : [];
  if (longest.total > 0) series.push(...brackets.slice(apart ? 0 : 1));
  return {
    id: 'waits',
    x: timeAxis('waited at most', columns.map(endOf)),
    y: { unit: '%', scale: 'linear', range: [0, 106] },
    series,
    bands,
    limits: [],
    marks: [],
    group: null,
    height: 220,
  };
}

/** The ages of connections at their end, one chart for each way to end that there was, all over the same ages. */
export function agesCharts({ ends }: LedgerTally): { end: End; chart: Chart }[] {
  const columns = columnsOf(
    ENDS.flatMap((end) => [ends[end].ages, ends[end].agesAtMost]),
    MARGIN,
  );
  return ENDS.flatMap((end) => {
    const { ages, agesAtMost } = ends[end];
    if (ages.total + agesAtMost.total === 0) return [];
    const chart = columnChart(IDS[end], 'age, about', columns, [
      { name: 'connections', tone: TONES[end], bins: ages },
      { name: 'upper bound of the age', tone: 'asked', bins: agesAtMost },
    ]);
    return [{ end, chart: { ...chart, group: 'age' } }];
  });
}

/** How long the server had received nothing at the end: an idle time-out is one column. Undefined where that is not known of any. */
export function silencesChart({ silences: { server, unknown } }: LedgerTally): Chart | undefined {
  if (server.total + unknown.total === 0) return undefined;
  return columnChart('silences', 'silent for, about', columnsOf([server, unknown], MARGIN), [
    { name: 'closed by the server', tone: TONES['FIN by the server'], bins: server },
    { name: 'closed by an unknown side', tone: TONES['not known'], bins: unknown },
  ]);
}

/** Connections that ended, a second, by how. Undefined where none did. */
export function endsChart({ ends, overTime }: LedgerTally, time: Timeline): Chart | undefined {
  const there = ENDS.filter((end) => ends[end].count > 0);
  const table = align(there.map((end) => pointsOf(overTime, end, time, overTime.width / 1000)));
  if (table.x.length === 0) return undefined;
  return timeChart(time, {
    id: 'ends',
    unit: '',
    table,
    series: there.map((name) => ({ name, tone: TONES[name], draw: 'step' })),
    height: 170,
  });
}

/** RSTs that the server's own kernel sent on its connections, one after the other, over time. */
export function resetsSoFar({ overTime }: LedgerTally, time: Timeline): Points {
  let total = 0;
  return pointsOf(overTime, 'RST by the server', time, 1).map(([at, count]) => {
    total += count;
    return [at, total];
  });
}

function pointsOf(
  overTime: LedgerTally['overTime'],
  kind: End | 'RST by the server',
  { origin }: Timeline,
  per: number,
): Points {
  return overTime.of(kind).map(({ at, count }) => [seconds(at - origin), count / per] as const);
}

function columnChart(
  id: string,
  label: string,
  columns: readonly number[],
  all: readonly { name: string; tone: Tone; bins: LogBins }[],
): Chart {
  const series = all
    .filter(({ bins }) => bins.total > 0)
    .map(
      ({ name, tone, bins }): Series => ({
        name,
        tone,
        origin: 'measured',
        draw: 'bars',
        values: columns.map((column) => bins.in(column)),
      }),
    );
  const counts = series.flatMap(({ values }) => values);
  return {
    id,
    x: timeAxis(label, columns.map(middleOf)),
    y: { unit: 'connections', scale: 'linear', range: upFromZero(counts) },
    series,
    limits: [],
    marks: [],
    group: null,
    height: 130,
  };
}

/** Half a column more on either side, so that those at the ends are whole. */
function timeAxis(label: string, values: number[]): Chart['x'] {
  const round = values.map((value) => Number(value.toPrecision(5)));
  const [first = 1, last = 1] = [round[0], round.at(-1)];
  const half = endOf(0);
  return { label, unit: 'ms', scale: 'log', values: round, range: [first / half, last * half], names: null };
}

import type { Evidence } from '../../evidence/evidence.ts';
import type { Chart, Mark, Series } from '../chart.ts';
import { upFromZero } from './axis.ts';
import { seconds } from './crowd-counts.ts';
import { between, decimate, type LongTable, type Table } from './series-table.ts';

/** Stretches of time that a chart tells apart: about as many as it has pixels on a phone. */
const BUCKETS = 360;

/** The time that all charts of a run share. */
export interface Timeline {
  /** Where 0 s lies, ms since the epoch: the load begins. */
  origin: number;
  /** s after that. */
  range: [number, number];
  marks: Mark[];
}

/** From half a second before the load to its end. */
export function timelineOf({ fleet, observer }: Evidence): Timeline {
  const starts = fleet.users.reduce((min, user) => Math.min(min, user.startedAt), Number.POSITIVE_INFINITY);
  const first = fleet.phases.find(({ phase }) => phase === 'load')?.at ?? starts;
  const origin = Number.isFinite(first) ? first : (observer.series[0]?.at ?? 0);
  const seen = [observer.series.at(-1)?.at ?? origin, ...fleet.phases.map(({ at }) => at)];
  const end = fleet.users.reduce(
    (max, { startedAt, openMs = 0, endedMs = 0 }) => Math.max(max, startedAt + Math.max(openMs, endedMs)),
    Math.max(...seen),
  );
  const done = fleet.phases.find(({ phase }) => phase === 'done')?.at ?? end;
  const range: Timeline['range'] = [-0.2, Math.max(0.5, seconds(done - origin) + 0.2)];
  return { origin, range, marks: phaseMarks(fleet.phases, origin, (range[1] - range[0]) / 50) };
}

/** The first and the last moment that is shown, ms since the epoch. */
export function momentsOf({ origin, range: [from, to] }: Timeline): [from: number, to: number] {
  return [origin + from * 1000, origin + to * 1000];
}

/** Phases that are worth a line; those closer than `gap`, s, share one, since nobody can tell them apart. */
function phaseMarks(phases: Evidence['fleet']['phases'], origin: number, gap: number): Mark[] {
  const marks: Mark[] = [];
  for (const { at, phase } of phases) {
    if (phase !== 'settled' && phase !== 'betting') continue;
    const place = seconds(at - origin);
    const last = marks.at(-1);
    if (last && place - last.at < gap) last.says += `, ${phase}`;
    else marks.push({ at: place, says: phase, origin: 'measured' });
  }
  return marks;
}

/** What a chart over time is made of; the series go with the columns of the table. */
interface TimeChart {
  id: string;
  /** Of y. */
  unit: string;
  table: Table | LongTable;
  series: Omit<Series, 'values' | 'origin'>[];
  limits?: Mark[];
  height: number;
}

/** A chart over the time of the run, with only as many points as can be seen. */
export function timeChart(
  time: Timeline,
  { id, unit, table, series, limits = [], height }: TimeChart,
): Chart {
  const { x, columns } = decimate(between(table, time.range), BUCKETS);
  return {
    id,
    x: {
      label: '',
      unit: 's',
      scale: 'linear',
      values: x,
      range: time.range,
      names: null,
    },
    y: { unit, scale: 'linear', range: upFromZero(columns.flat(), limits) },
    series: series.map((one, index) => ({ ...one, origin: 'measured', values: columns[index] ?? [] })),
    limits,
    marks: time.marks,
    group: 'time',
    height,
  };
}

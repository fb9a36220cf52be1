import type { Evidence } from '../../evidence/evidence.ts';
import type { Chart } from '../chart.ts';
import { align, type Points } from './align.ts';
import { crowd } from './crowd-counts.ts';
import type { Table } from './decimate.ts';
import { timeChart, timelineOf } from './timeline.ts';

/** Users open and failed before and after the fix, each run from the beginning of its load: thin before, thick after. */
export function fixChart(before: Evidence, after: Evidence): Chart {
  const origins = [timelineOf(before).origin, timelineOf(after).origin] as const;
  const users = [before.fleet.users, after.fleet.users] as const;
  const moved = users.map((lines, run) => crowd(lines, origins[run] ?? 0, 0).x.at(-1) ?? 0);
  // What comes after the last has moved is the same to the end.
  const end = Math.max(0.5, ...moved) * 1.15;
  const crowds = users.map((lines, run) => crowd(lines, origins[run] ?? 0, end));
  const parts = crowds.flatMap((table) => [column(table, 1), column(table, 2)]);
  return {
    ...timeChart(
      { origin: 0, range: [-0.2, end], marks: [] },
      {
        id: 'fix',
        y: { unit: 'users' },
        table: held(align(parts)),
        series: [
          { name: 'open before', tone: 'open', draw: 'step', thin: true },
          { name: 'failed before', tone: 'failed', draw: 'step', thin: true },
          { name: 'open after', tone: 'open', draw: 'step' },
          { name: 'failed after', tone: 'failed', draw: 'step' },
        ],
        height: 200,
      },
    ),
    group: null,
  };
}

function column({ x, columns }: Table, index: number): Points {
  return { x, values: (columns[index] ?? []) as number[] };
}

/** Each column holds its value until its next one, so that neither run has holes at the moments of the other. */
function held({ x, columns }: Table): Table {
  return {
    x,
    columns: columns.map((values) => {
      let last: number | null = 0;
      return values.map((value) => {
        last = value ?? last;
        return last;
      });
    }),
  };
}

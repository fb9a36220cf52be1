import { UsageError } from '../../common/errors.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { type ColumnsOptions, columnsOf, type Means } from './compare.ts';
import { type GridPoint, SYSTEMS, type System } from './comparison-document.ts';
import { differencesOf } from './differences.ts';

/** One point before anything is known of it. */
type PointAsked = Pick<GridPoint, 'nofile' | 'backlog' | 'ramp'>;

/** The report's own values with the burst first, since what is measured there paces the rest. */
const REPORTED: PointAsked = { nofile: 4096, backlog: 511, ramp: '0' };

/** Every point, in the order of the table. */
export const POINTS: readonly PointAsked[] = [256, 4096, 10_240].flatMap((nofile) =>
  [128, 511, 4096].flatMap((backlog) => ['0', '10s'].map((ramp) => ({ nofile, backlog, ramp }))),
);

/** Measured when no more is asked for: the reported point, the same paced, and the least nofile. */
const FEW: readonly PointAsked[] = [REPORTED, { ...REPORTED, ramp: '10s' }, { ...REPORTED, nofile: 256 }];

const same = (a: PointAsked, b: PointAsked) =>
  a.nofile === b.nofile && a.backlog === b.backlog && a.ramp === b.ramp;

export function isReported(point: PointAsked): boolean {
  return same(point, REPORTED);
}

/** Is this point to be measured? */
export function measuresPoint(measure: 'few' | 'all' | 'none', point: PointAsked): boolean {
  return measure === 'all' || (measure === 'few' && FEW.some((few) => same(few, point)));
}

interface GridOptions extends Omit<ColumnsOptions, 'pace'> {
  measure: 'few' | 'all' | 'none';
  /** Called as each point is done, in the order in which they are: the reported one first. */
  onPoint?: (point: GridPoint, done: number, all: number) => void;
}

/**
 * All points, in the order of the table; interrupted, those that are done. What this machine cannot run at a point is predicted
 * there.
 */
export async function gridOf(options: GridOptions): Promise<GridPoint[]> {
  const { measure, means, signal, onPoint } = options;
  // The runs first, the reported point before all: predictions go at the pace that it shows.
  const order = POINTS.toSorted((a, b) => rank(measure, a) - rank(measure, b));
  const done = new Map<PointAsked, GridPoint>();
  let pace: ColumnsOptions['pace'];
  for (const point of order) {
    if (signal.aborted) break;
    const settings = { ...options.settings, values: { ...options.settings.values, ...point } };
    const here = measuresPoint(measure, point) ? await runnable(means, settings) : { means: {}, why: [] };
    const { columns, pace: shown } = await columnsOf({ ...options, settings, means: here.means, pace });
    pace ??= shown;
    for (const column of columns) if (column.source === 'predicted') column.notes.push(...here.why);
    const finished = { ...point, columns, differences: differencesOf(...columns) };
    done.set(point, finished);
    onPoint?.(finished, done.size, POINTS.length);
  }
  return POINTS.flatMap((point) => done.get(point) ?? []);
}

function rank(measure: GridOptions['measure'], point: PointAsked): number {
  if (isReported(point)) return 0;
  return measuresPoint(measure, point) ? 1 : 2;
}

/** Those means that take these settings, and why the others do not. */
async function runnable(means: ColumnsOptions['means'], settings: ResolvedSettings) {
  const able: Partial<Record<System, Means>> = {};
  const why: string[] = [];
  for (const os of SYSTEMS) {
    const here = means[os];
    if (here === undefined) continue;
    try {
      await here.runtime.check(settings);
      able[os] = here;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      why.push(`not run: ${error.message}`);
    }
  }
  return { means: able, why };
}

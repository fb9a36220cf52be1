import { darwinQueueCapacity } from '../../../system/darwin/queue-limit.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { acceptQueueCapacity } from '../../laws/accept-queue-law.ts';
import { DARWIN } from '../../laws/queue-model/darwin-counters.ts';
import type { Chart, Mark } from '../chart.ts';
import { crowd, seconds } from './crowd-counts.ts';
import { align, held, type Points } from './series-table.ts';
import { type Timeline, timeChart, timelineOf } from './timeline.ts';

/** Users started, open and failed. */
export function usersChart({ fleet, asked }: Evidence, time: Timeline): Chart {
  return timeChart(time, {
    id: 'users',
    unit: 'users',
    table: crowd(fleet.users, time.origin, time.range[1]),
    series: [
      { name: 'started', tone: 'asked', draw: 'step', thin: true },
      { name: 'open', tone: 'open', draw: 'step' },
      { name: 'failed', tone: 'failed', draw: 'step' },
    ],
    limits: [limit(asked.users, 'requested')],
    height: 240,
  });
}

/** Users open and failed before and after the fix, each run from the beginning of its load: thin before, thick after. */
export function fixChart(before: Evidence, after: Evidence): Chart {
  const runs = [before, after].map((run) => ({ users: run.fleet.users, origin: timelineOf(run).origin }));
  const moved = runs.map(({ users, origin }) => crowd(users, origin, 0).x.at(-1) ?? 0);
  // What comes after the last has moved is the same to the end.
  const end = Math.max(0.5, ...moved) * 1.15;
  const parts = runs.flatMap(({ users, origin }) => {
    const { x, columns } = crowd(users, origin, end);
    return columns.slice(1).map((values) => Array.from(x, (at, index) => [at, values[index] ?? 0] as const));
  });
  const chart = timeChart(
    { origin: 0, range: [-0.2, end], marks: [] },
    {
      id: 'fix',
      unit: 'users',
      // So that neither run has holes at the moments of the other.
      table: held(align(parts)),
      series: [
        { name: 'open before', tone: 'open', draw: 'step', thin: true },
        { name: 'failed before', tone: 'failed', draw: 'step', thin: true },
        { name: 'open after', tone: 'open', draw: 'step' },
        { name: 'failed after', tone: 'failed', draw: 'step' },
      ],
      height: 200,
    },
  );
  return { ...chart, group: null };
}

/** The gateway's descriptors against its nofile. Undefined where they could not be counted. */
export function descriptorsChart({ observer }: Evidence, time: Timeline): Chart | undefined {
  const nofile = observer.before?.process?.nofileHard;
  return gatewayChart(time, {
    id: 'descriptors',
    unit: 'descriptors',
    name: 'descriptors',
    points: pointsOf(observer.series, time, ({ descriptors }) => descriptors),
    limits: nofile === undefined ? [] : [limit(nofile, 'nofile')],
  });
}

/** The accept queue against what it holds. Undefined where it could not be read. */
export function queueChart({ observer, gateway }: Evidence, time: Timeline): Chart | undefined {
  const capacity = queueCapacity({ observer, gateway });
  return gatewayChart(time, {
    id: 'queue',
    unit: 'connections',
    name: 'waiting to be accepted',
    points: pointsOf(observer.series, time, ({ acceptQueue }) => acceptQueue),
    limits: capacity === undefined ? [] : [limit(capacity, 'capacity', 'predicted')],
  });
}

/** One line of the gateway's, with what bounds it. Undefined without a point. */
function gatewayChart(
  time: Timeline,
  {
    id,
    unit,
    name,
    points,
    limits,
  }: { id: string; unit: string; name: string; points: Points; limits: Mark[] },
): Chart | undefined {
  if (points.length === 0) return undefined;
  const series = [{ name, tone: 'gateway', draw: 'line' } as const];
  return timeChart(time, { id, unit, table: align([points]), series, limits, height: 170 });
}

/** By the law of the gateway's kernel: a Mac has its somaxconn under the full name. */
function queueCapacity({ observer, gateway }: Pick<Evidence, 'observer' | 'gateway'>): number | undefined {
  const { sysctls } = observer.before ?? {};
  const backlog = gateway.listening?.backlog;
  if (backlog === undefined || sysctls === undefined) return undefined;
  const mac = Number(sysctls['kern.ipc.somaxconn']);
  if (mac > 0) return darwinQueueCapacity({ backlog, somaxconn: mac });
  const somaxconn = Number(sysctls.somaxconn);
  return somaxconn > 0 ? acceptQueueCapacity(backlog, somaxconn) : undefined;
}

/** Counters by name, as the kernel has them; those of Linux, then those of macOS. */
const COUNTERS = [
  ['Tcp OutRsts', 'failed'],
  ['TcpExt ListenOverflows', 'kernel'],
  ['TcpExt TCPSynRetrans', 'robots'],
  [DARWIN.badSyn, 'failed'],
  [DARWIN.listenDrop, 'kernel'],
] as const;

/** What the kernel did about connections, as growth since before the load. */
export function countersChart({ observer }: Evidence, time: Timeline): Chart | undefined {
  const known = COUNTERS.filter(([name]) => name in (observer.before?.counters ?? {}));
  if (known.length === 0 || observer.series.length === 0) return undefined;
  return timeChart(time, {
    id: 'counters',
    unit: '',
    table: align(
      known.map(([name]) => {
        let total = 0;
        return pointsOf(observer.series, time, ({ deltas }) => {
          total = deltas[name] ?? total;
          return total;
        });
      }),
    ),
    series: known.map(([name, tone]) => ({ name, tone, draw: 'step' })),
    height: 170,
  });
}

/** How late the event loops were, at worst, since the sample before. */
export function loopChart({ gateway, fleet }: Evidence, time: Timeline): Chart | undefined {
  if (gateway.samples.length === 0) return undefined;
  return timeChart(time, {
    id: 'loop',
    unit: 'ms',
    table: align([
      pointsOf(gateway.samples, time, ({ loop }) => loop.max),
      pointsOf(fleet.progress, time, ({ self }) => self.loop?.max),
    ]),
    series: [
      { name: 'gateway', tone: 'gateway', draw: 'line' },
      { name: 'robots', tone: 'robots', draw: 'line' },
    ],
    height: 170,
  });
}

function limit(at: number, name: string, origin: Mark['origin'] = 'measured'): Mark {
  return { at, says: `${name} ${at}`, origin };
}

/** One value of each line that has it. */
function pointsOf<Line extends { at: number }>(
  lines: readonly Line[],
  { origin }: Timeline,
  read: (line: Line) => number | undefined,
): Points {
  return lines.flatMap((line) => {
    const value = read(line);
    return value === undefined ? [] : [[seconds(line.at - origin), value] as const];
  });
}

import { darwinQueueCapacity } from '../../../system/darwin/queue-limit.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { acceptQueueCapacity } from '../../laws/accept-queue-law.ts';
import { DARWIN } from '../../laws/queue-model/darwin-counters.ts';
import type { Chart, Mark } from '../chart.ts';
import { align, type Points } from './align.ts';
import { crowd, seconds } from './crowd-counts.ts';
import { type Timeline, timeChart } from './timeline.ts';

/** Users started, open and failed. */
export function usersChart({ fleet, asked }: Evidence, time: Timeline, id = 'users'): Chart {
  return timeChart(time, {
    id,
    y: { unit: 'users' },
    table: crowd(fleet.users, time.origin, time.range[1]),
    series: [
      { name: 'started', tone: 'asked', draw: 'step', thin: true },
      { name: 'open', tone: 'open', draw: 'step' },
      { name: 'failed', tone: 'failed', draw: 'step' },
    ],
    limits: [limit(asked.users, 'asked')],
    height: 240,
  });
}

/** The gateway's descriptors against its nofile. Undefined where they could not be counted. */
export function descriptorsChart({ observer }: Evidence, time: Timeline): Chart | undefined {
  const points = pointsOf(observer.series, time, ({ descriptors }) => descriptors);
  const nofile = observer.before?.process?.nofileHard;
  if (points.x.length === 0) return undefined;
  return timeChart(time, {
    id: 'descriptors',
    y: { unit: 'descriptors' },
    table: align([points]),
    series: [{ name: 'descriptors', tone: 'gateway', draw: 'line' }],
    limits: nofile === undefined ? [] : [limit(nofile, 'nofile')],
    height: 170,
  });
}

/** The accept queue against what it holds. Undefined where it could not be read. */
export function queueChart({ observer, gateway }: Evidence, time: Timeline): Chart | undefined {
  const points = pointsOf(observer.series, time, ({ acceptQueue }) => acceptQueue);
  if (points.x.length === 0) return undefined;
  const capacity = queueCapacity({ observer, gateway });
  return timeChart(time, {
    id: 'queue',
    y: { unit: 'connections' },
    table: align([points]),
    series: [{ name: 'waiting to be accepted', tone: 'gateway', draw: 'line' }],
    limits: capacity === undefined ? [] : [limit(capacity, 'capacity', 'predicted')],
    height: 170,
  });
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
    y: { unit: '' },
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
    y: { unit: 'ms' },
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
  const points: Points = { x: [], values: [] };
  for (const line of lines) {
    const value = read(line);
    if (value === undefined) continue;
    points.x.push(seconds(line.at - origin));
    points.values.push(value);
  }
  return points;
}

import type { ObservedLine } from '../../../protocol/observer-events.ts';
import type { DiagnosisDocument } from '../../diagnose/diagnosis-document.ts';
import type { Chart, Mark, Series } from '../chart.ts';
import { seconds } from './crowd-counts.ts';
import { align, type Points } from './series-table.ts';
import { type Timeline, timeChart } from './timeline.ts';

type Samples = readonly ObservedLine[];

/** The connections of the port, and those of them that accept(2) has taken. Undefined where they were not counted. */
export function heldChart(samples: Samples, time: Timeline): Chart | undefined {
  return chartOf(time, 'held', 'connections', [
    { name: 'complete', tone: 'asked', draw: 'step', thin: true, points: at(samples, time, connectionsIn) },
    { name: 'accepted', tone: 'open', draw: 'step', points: at(samples, time, ({ server }) => server?.held) },
  ]);
}

/** The fullest accept queue of its listeners against what one holds: the backlog in force and one more (include/net/sock.h sk_acceptq_is_full). */
export function waitingChart(
  samples: Samples,
  { settings: { backlog } }: DiagnosisDocument,
  time: Timeline,
): Chart | undefined {
  const points = at(samples, time, ({ acceptQueue }) => acceptQueue);
  const capacity = typeof backlog === 'number' ? backlog + 1 : undefined;
  return chartOf(
    time,
    'queue',
    'connections',
    [{ name: 'waiting to be accepted', tone: 'gateway', draw: 'line', points }],
    capacity === undefined ? [] : [{ at: capacity, says: `capacity ${capacity}`, origin: 'predicted' }],
  );
}

/** The descriptors of the watched process against its nofile. Undefined where they could not be counted. */
export function heldDescriptorsChart(
  samples: Samples,
  document: DiagnosisDocument,
  time: Timeline,
): Chart | undefined {
  const { nofile } = document.settings;
  const points = at(samples, time, (line) => descriptorsIn(line, document));
  return chartOf(
    time,
    'descriptors',
    'descriptors',
    [{ name: 'descriptors', tone: 'gateway', draw: 'line', points }],
    typeof nofile === 'number' ? [{ at: nofile, says: `nofile ${nofile}`, origin: 'measured' }] : [],
  );
}

/** RSTs that the server's kernel sent on its connections (`resets`, of the ledger), and packets that its listeners dropped. */
export function refusalsChart(samples: Samples, resets: Points, time: Timeline): Chart | undefined {
  return chartOf(time, 'refusals', '', [
    { name: 'RST sent', tone: 'failed', draw: 'step', points: resets },
    {
      name: 'dropped',
      tone: 'kernel',
      draw: 'step',
      points: at(samples, time, ({ server }) => server?.drops),
    },
  ]);
}

/** Those of the process that the document is about. */
export function descriptorsIn(
  { server, descriptors }: ObservedLine,
  { target: { pid } }: DiagnosisDocument,
): number | undefined {
  return (pid === null ? undefined : server?.holders[pid]?.descriptors) ?? descriptors;
}

/** Complete connections of the port, accepted or not. */
export function connectionsIn({ server }: ObservedLine): number | undefined {
  return server?.connections;
}

/** Those of the lines that have any points. */
function chartOf(
  time: Timeline,
  id: string,
  unit: string,
  lines: readonly (Omit<Series, 'values' | 'origin'> & { points: Points })[],
  limits: Mark[] = [],
): Chart | undefined {
  const there = lines.filter(({ points }) => points.length > 0);
  if (there.length === 0) return undefined;
  return timeChart(time, {
    id,
    unit,
    table: align(there.map(({ points }) => points)),
    series: there.map(({ points: _, ...series }) => series),
    limits,
    height: 170,
  });
}

function at(
  samples: Samples,
  { origin }: Timeline,
  read: (line: ObservedLine) => number | undefined,
): Points {
  return samples.flatMap((line) => {
    const value = read(line);
    return value === undefined ? [] : [[seconds(line.at - origin), value] as const];
  });
}

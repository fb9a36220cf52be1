import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { type DescriptorFacts, SAMPLE_SLACK_MS } from './descriptors.ts';
import { largest } from './numbers.ts';
import type { RestartFacts } from './restarts.ts';
import { type Cap, capOf } from './server-cap.ts';
import { countsOf, totals, waitingOf } from './server-counts.ts';
import { workerEnds } from './worker-ends.ts';

/** What the kernel shows of a server that says nothing of itself, and of whose users nothing may be known. */
export interface OutsideFacts {
  /** Processes that hold the listener or its connections, those among them that came later. */
  workers: number;
  /** Handshakes completed in its network namespace; undefined: could not be read. */
  accepted?: number;
  /** The most connections that it had taken out of its queue at once; undefined: could not be counted. */
  held?: number;
  /** RSTs sent in its namespace while connections were held: when all go at once, it is the load that ends. */
  resets: number;
  /** Those of them sent while it had no descriptor left. */
  resetsWhileFull: number;
  /** Connections that stayed in the accept queue all the while it had no descriptor left: nobody ever answered them. */
  stuck: number;
  /** Users of ours that gave up while their connection was complete, and accept(2) had never taken it. */
  neverTaken: number;
  /** Packets dropped by its listeners; by all of its namespace where `ss` cannot be asked. */
  drops: number;
  /** Connections that came and went at once while as many stayed as ever did. */
  plateau?: Cap;
  /** Connections it had when it ended, and RSTs sent then and since; undefined: it lived. */
  endedWith?: number;
  resetsAtEnd?: number;
  /** RSTs sent while it lived and did not listen. */
  resetsInOutages: number;
  /** Connections that it was seen to have closed before their clients did. */
  closedFirst: number;
  /** When processes of it ended that others outlived, and took users with them, ms, first to last. */
  workerEnds: number[];
  /** The most CPU time over a second or more, as a part of one core; undefined: not known. */
  busiest?: number;
  threads?: number;
}

/** Undefined when the server is our own gateway. */
export function outsideFacts(
  evidence: Evidence,
  until: number,
  descriptors: DescriptorFacts | undefined,
  { outages }: Pick<RestartFacts, 'outages'>,
): OutsideFacts | undefined {
  const { observer, gateway } = evidence;
  const server = observer.before?.server;
  if (server === undefined) return undefined;
  const series = observer.series.filter(({ at }) => at <= until);
  const grown = totals(series, 'Tcp OutRsts');
  const accepted = 'Tcp PassiveOpens' in (observer.before?.counters ?? {});
  const counts = countsOf(series);
  const peak = largest(
    counts.map(({ open }) => open),
    0,
  );
  const { exit } = gateway;
  const before = exit && counts.findLast(({ at, open }) => at < exit.at && open > 0);
  const deferred = totals(series, 'TcpExt TCPDeferAcceptDrop').at(-1) ?? 0;
  const drops = series.findLast((line) => line.server?.drops !== undefined)?.server?.drops;
  return {
    workers:
      server.holders.length + series.reduce((sum, line) => sum + (line.server?.joined?.length ?? 0), 0),
    ...defined({
      accepted: accepted ? (totals(series, 'Tcp PassiveOpens').at(-1) ?? 0) : undefined,
      held:
        counts.length > 0
          ? largest(
              counts.map(({ open, waiting }) => open - waiting),
              0,
            )
          : undefined,
      plateau: capOf(counts, peak),
      endedWith: exit && (before?.open ?? 0),
      resetsAtEnd: exit && grownWithin(series, grown, { from: exit.at, to: Infinity }),
    }),
    resets: whileHeld(series, grown, peak),
    resetsWhileFull: grownWithin(series, grown, descriptors?.full),
    stuck: stuckWithin(series, descriptors?.full),
    neverTaken: neverTaken(series, evidence.fleet.users),
    // An ACK that TCP_DEFER_ACCEPT does not wait for is counted too: the connection is made by the data after it.
    drops:
      drops === undefined
        ? (totals(series, 'TcpExt ListenDrops').at(-1) ?? 0)
        : Math.max(0, drops - deferred),
    resetsInOutages: outages.reduce(
      (sum, { from, to = Infinity }) => sum + grownWithin(series, grown, { from, to }),
      0,
    ),
    closedFirst: largest(
      counts.map(({ closedFirst }) => closedFirst - (counts[0]?.closedFirst ?? 0)),
      0,
    ),
    workerEnds: exit ? [] : workerEnds(evidence, until),
    ...busiestOf(series),
  };
}

/**
 * When fewer than half of them are left at once it is the load that ends, and clients may send RSTs as well. Higher, and RSTs to
 * users that were cut are left out; lower, and those of clients that leave are counted as failures.
 */
const STILL_HELD = 0.5;

function whileHeld(series: readonly ObservedLine[], grown: readonly number[], peak: number): number {
  let sum = 0;
  let open = 0;
  let before = 0;
  for (const [index, { server }] of series.entries()) {
    const held = server?.held ?? server?.connections;
    if (held === undefined) continue;
    const now = grown[index] ?? before;
    const falling = held < open && held < STILL_HELD * peak;
    if (!falling) sum += now - before;
    before = now;
    open = held;
  }
  return sum;
}

function grownWithin(
  series: readonly ObservedLine[],
  grown: readonly number[],
  full: DescriptorFacts['full'],
): number {
  if (full === undefined) return 0;
  const from = series.findLastIndex(({ at }) => at <= full.from - SAMPLE_SLACK_MS);
  const to = series.findLastIndex(({ at }) => at <= full.to + SAMPLE_SLACK_MS);
  return (grown[to] ?? 0) - (grown[from] ?? 0);
}

/**
 * Ten samples: shorter is a server that is merely busy. Too short, and a queue that is slow for once is said to be stuck; too long,
 * and a server that gets a descriptor back now and then is missed.
 */
const STUCK_MS = 500;

/** The most that stayed for so long while it was full: at the end of it they may come out again. */
function stuckWithin(series: readonly ObservedLine[], full: DescriptorFacts['full']): number {
  if (full === undefined) return 0;
  const within = series.filter(({ at }) => at >= full.from && at <= full.to);
  let stuck = 0;
  for (const [from, first] of within.entries()) {
    let least = waitingOf(first);
    for (let index = from + 1; least > stuck && index < within.length; index += 1) {
      const line = within[index] as ObservedLine;
      least = Math.min(least, waitingOf(line));
      if (line.at - first.at < STUCK_MS) continue;
      stuck = Math.max(stuck, least);
      break;
    }
  }
  return stuck;
}

function neverTaken(series: readonly ObservedLine[], users: readonly UserLine[]): number {
  const came = new Set(series.flatMap(({ server }) => server?.came ?? []));
  const taken = new Set(series.flatMap(({ server }) => server?.taken ?? []));
  const waited = ({ outcome, port }: UserLine) =>
    outcome === 'timeout' && port !== undefined && came.has(port) && !taken.has(port);
  return users.filter(waited).length;
}

/** CPU time is counted in ticks of 10 ms: over a second that is 1 %, over a tenth of one it would be 10. Longer, and a peak is hidden. */
const BUSY_MS = 1000;

function busiestOf(series: readonly ObservedLine[]): Pick<OutsideFacts, 'busiest' | 'threads'> {
  const points = series.flatMap(({ at, cpuMs, threads }) =>
    cpuMs === undefined ? [] : [{ at, cpuMs, threads }],
  );
  let busiest: number | undefined;
  let from = 0;
  for (const [index, { at, cpuMs }] of points.entries()) {
    while (from + 1 < index && at - (points[from + 1] as { at: number }).at >= BUSY_MS) from += 1;
    const start = points[from] as { at: number; cpuMs: number };
    if (at - start.at < BUSY_MS) continue;
    busiest = Math.max(busiest ?? 0, (cpuMs - start.cpuMs) / (at - start.at));
  }
  return defined({ busiest, threads: points.at(-1)?.threads });
}

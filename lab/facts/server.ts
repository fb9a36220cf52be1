import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import { type ClosedListener, closedListeners, refusedWithin } from './closed-listeners.ts';
import { type ConnectionFacts, failedEnds, type ServerEnd } from './connections.ts';
import { type DescriptorFacts, SAMPLE_SLACK_MS } from './descriptors.ts';
import { givenUp } from './given-up.ts';
import { largest } from './numbers.ts';
import { type PartEnd, partEnds } from './part-ends.ts';
import type { Outage, RestartFacts } from './restarts.ts';
import { answeredAtTheTop, type Cap, capOf } from './server-cap.ts';
import { countsOf, totals, waitingOf } from './server-counts.ts';
import { type StoppedWorker, stoppedWorkers } from './stopped-workers.ts';
import { type TaskLimitFacts, taskLimitFacts } from './task-limit.ts';
import { type Turnover, turnovers } from './turnovers.ts';
import { failedAt, wasCut } from './user-groups.ts';
import { type UnreadFacts, unreadFacts } from './waiting-looks.ts';
import { type WaitingFacts, waitingFacts } from './waiting-users.ts';
import { workerEnds } from './worker-ends.ts';

/** What the kernel shows of a server that reports nothing, and whose users may report nothing either. */
export interface OutsideFacts {
  /** Processes that have the listener or its connections, including later ones. */
  workers: number;
  /** How long it was watched, ms. */
  watchedMs: number;
  /** Whether nobody else listened in its network namespace when the watch began; undefined: not known. */
  alone?: boolean;
  /** Connections completed in that time; undefined: could not be counted. */
  came?: number;
  /** The same for its whole network namespace: its own are at most this many. */
  cameAround?: number;
  /** The most accepted connections at once; undefined: could not be counted. */
  held?: number;
  /** Ends of its connections that failed a user, in the order of time; undefined: its connections were not recorded. */
  failed?: ServerEnd[];
  /** Some were lost, so there may have been more. */
  incomplete: boolean;
  /** How many of them ended while it had no descriptor left. */
  failedWhileFull: number;
  /** How many ended as the server ended. */
  failedAtEnd: number;
  /** How many ended as its listener closed while it lived on. */
  failedInOutages: number;
  /** Connections of its port that it was seen to close before their clients did. */
  closedFirst: number;
  /** RSTs sent by anybody in its network namespace, including its own: never more than background. */
  resetsAround?: number;
  /** Connections that stayed in the accept queue for the whole time without a descriptor: never answered. */
  stuck: number;
  /** Connections in the accept queue for the last FORSAKEN_MS and longer, in which none was accepted. */
  forsaken: number;
  /** Our users that gave up while their connection was complete, but never accepted. */
  neverTaken: number;
  /** Packets dropped by its own listeners, without those of TCP_DEFER_ACCEPT; undefined: could not be counted. */
  drops?: number;
  /** Connections that it ended at once while as many stayed open as ever did. */
  plateau?: Cap;
  /** Connections that it answered and closed at once while as many stayed open as ever did; absent: none, or at any level. */
  answeredAtTop?: { height: number; answered: number };
  /** Connections that were open when it ended; undefined: it lived. */
  endedWith?: number;
  /** Connects that were refused since it ended; undefined: it lived, or not known. */
  refusedSince?: number;
  /** When processes of it ended with their users while others lived on, ms, first to last. */
  workerEnds: number[];
  /** Its open connections that ended with them. */
  endedWithWorkers: number;
  /** A time in which users always waited although the server had time for them. */
  waiting?: WaitingFacts;
  /** Whether data of clients, or connections, waited for a thread that was at work. */
  unread: UnreadFacts;
  /** The same ends, and those of processes that had handed on their listener, each with how it ended and which connections were cut. */
  partEnds: PartEnd[];
  /** Times at which it went and came back, or another process took its place. */
  turnovers: Turnover[];
  /** Times without a listener that began when it had no descriptor left: it gave the listener up. They are in no other list here. */
  givenUp: Outage[];
  /** Processes of it that were stopped (state T). */
  stoppedWorkers: StoppedWorker[];
  /** Listeners that were closed for good, or for long, while their process lived. */
  closedListeners: ClosedListener[];
  /** The limit of processes and threads that it came nearest to; undefined: none, or not known. */
  taskLimit?: TaskLimitFacts;
  /** The most CPU time over a second or more, as a part of one core; undefined: not known. */
  busiest?: number;
  threads?: number;
}

/** Was it at the time when the server's listener closed? */
export function isAsItWent(outages: readonly Outage[], at: number): boolean {
  return outages.some(
    ({ from, seenAt = from }) => at >= from - SAMPLE_SLACK_MS && at <= seenAt + SAMPLE_SLACK_MS,
  );
}

/** Undefined when the server is our own gateway. `behind`: ends that an upstream of it caused, which are no work of a cap. */
export function outsideFacts(
  evidence: Evidence,
  until: number,
  descriptors: DescriptorFacts | undefined,
  { outages }: Pick<RestartFacts, 'outages'>,
  connections: ConnectionFacts | undefined,
  behind: ReadonlySet<ServerEnd> = new Set(),
): OutsideFacts | undefined {
  const { observer, gateway } = evidence;
  const server = observer.before?.server;
  if (server === undefined) return undefined;
  const series = observer.series.filter(({ at }) => at <= until);
  const counts = countsOf(series);
  const peak = largest(
    counts.map(({ open }) => open),
    0,
  );
  const { exit } = gateway;
  const before = exit && counts.findLast(({ at, open }) => at < exit.at && open > 0);
  const failed = connections && failedEnds(connections);
  const userCuts = evidence.fleet.users
    .filter(wasCut)
    .map(failedAt)
    .sort((a, b) => a - b);
  const parts = partEnds(evidence, until, connections, userCuts);
  const abrupt = parts.filter(({ left }) => !left);
  const byRobots = exit || evidence.fleet.users.length === 0 ? [] : workerEnds(evidence, until);
  const endsOfWorkers = exit
    ? []
    : [...new Set([...abrupt.flatMap(({ from, at }) => [from, at]), ...byRobots])].sort((a, b) => a - b);
  const within = (from: number, to: number) =>
    failed?.filter(({ at }) => at >= from - SAMPLE_SLACK_MS && at <= to + SAMPLE_SLACK_MS).length ?? 0;
  // It turned away neither the connections that it lost with its listener, nor those whose end an upstream caused.
  const isOwnDoing = (end: ServerEnd) => !behind.has(end) && !isAsItWent(outages, end.at);
  const given = exit ? [] : givenUp(outages, descriptors?.full, parts, series);
  const others = outages.filter((one) => !given.includes(one));
  const counted = 'Tcp OutRsts' in (observer.before?.counters ?? {});
  const cameAround =
    'Tcp PassiveOpens' in (observer.before?.counters ?? {})
      ? (totals(series, 'Tcp PassiveOpens').at(-1) ?? 0)
      : undefined;
  const alone = server.others && server.others.length === 0;
  return {
    workers:
      server.holders.length + series.reduce((sum, line) => sum + (line.server?.joined?.length ?? 0), 0),
    watchedMs: (series.at(-1)?.at ?? 0) - (observer.before?.at ?? 0),
    ...defined({
      alone,
      came: connections?.came ?? (alone ? cameAround : undefined),
      cameAround,
      held:
        counts.length > 0
          ? largest(
              counts.map(({ open, waiting }) => open - waiting),
              0,
            )
          : undefined,
      failed,
      resetsAround: counted ? (totals(series, 'Tcp OutRsts').at(-1) ?? 0) : undefined,
      // Connections that ended with a process were not turned away.
      plateau:
        connections && endsOfWorkers.length === 0
          ? capOf(counts, peak, { ...connections, ends: connections.ends.filter(isOwnDoing) })
          : undefined,
      answeredAtTop:
        connections && endsOfWorkers.length === 0
          ? answeredAtTheTop(counts, peak, connections.toldAtOnce)
          : undefined,
      endedWith: exit && (before?.open ?? 0),
      refusedSince: exit && refusedWithin(evidence, exit.at, until),
      drops: ownDrops(evidence, until),
      waiting: waitingFacts(evidence, until),
      taskLimit: taskLimitFacts(evidence, until, connections),
    }),
    unread: unreadFacts(series),
    incomplete: connections !== undefined && connections.lost > 0,
    failedWhileFull: descriptors?.full ? within(descriptors.full.from, descriptors.full.to) : 0,
    failedAtEnd: exit ? within(exit.at, Infinity) : 0,
    failedInOutages: outages.reduce((sum, { from, to = Infinity }) => sum + within(from, to), 0),
    closedFirst: largest(
      counts.map(({ closedFirst }) => closedFirst - (counts[0]?.closedFirst ?? 0)),
      0,
    ),
    stuck: stuckWithin(series, descriptors?.full),
    forsaken: forsakenAtEnd(series),
    neverTaken: neverTaken(series, evidence.fleet.users),
    workerEnds: endsOfWorkers,
    endedWithWorkers: exit ? 0 : abrupt.reduce((sum, { cut }) => sum + cut, 0),
    partEnds: parts,
    givenUp: given,
    turnovers: turnovers(evidence, others, parts, connections),
    stoppedWorkers: stoppedWorkers(evidence, until),
    // A listener that was given up for good is closed as well, whatever the reason.
    closedListeners: closedListeners(
      evidence,
      until,
      [...others, ...given.filter(({ to }) => to === undefined)],
      connections,
    ),
    ...busiestOf(series),
  };
}

/**
 * Packets that the listeners of a server have dropped up to `until`, ms. The counter includes ACKs that TCP_DEFER_ACCEPT does not wait
 * for; the data after such an ACK completes the connection (net/ipv4/tcp_minisocks.c tcp_check_req). Undefined where `ss` could not be
 * run, and somebody else listens in the namespace as well.
 */
export function ownDrops({ observer }: Evidence, until: number): number | undefined {
  const series = observer.series.filter(({ at }) => at <= until);
  const alone = observer.before?.server?.others?.length === 0;
  const all =
    series.findLast(({ server }) => server?.drops !== undefined)?.server?.drops ??
    (alone ? (totals(series, 'TcpExt ListenDrops').at(-1) ?? 0) : undefined);
  const deferred = totals(series, 'TcpExt TCPDeferAcceptDrop').at(-1) ?? 0;
  return all === undefined ? undefined : Math.max(0, all - deferred);
}

/**
 * Ten samples, ms: a server that is only busy takes less. If shorter, a queue that is slow once counts as stuck. If longer, a server that
 * frees a descriptor now and then is missed.
 */
const STUCK_MS = 500;

/** The most that stayed that long while it was full: afterwards they may be accepted again. */
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

/** If shorter, a server that pauses counts as no longer accepting. If longer, clients have given up before. Ms. */
export const FORSAKEN_MS = 3000;

/** Connections that were there all the time: none was accepted. 0 where the connections could not be read. */
function forsakenAtEnd(series: readonly ObservedLine[]): number {
  const end = series.at(-1)?.at ?? 0;
  const first = series.findLastIndex(({ at }) => end - at >= FORSAKEN_MS);
  if (first < 0) return 0;
  const last = series.slice(first);
  const looks = last.flatMap(({ server }) => (server?.connections === undefined ? [] : server));
  if (looks.length < 2 || looks.slice(1).some(({ taken }) => taken !== undefined)) return 0;
  return last.reduce((least, line) => Math.min(least, waitingOf(line)), Infinity);
}

function neverTaken(series: readonly ObservedLine[], users: Iterable<UserLine>): number {
  const came = new Set(series.flatMap(({ server }) => server?.came ?? []));
  const taken = new Set(series.flatMap(({ server }) => server?.taken ?? []));
  const waited = ({ outcome, port }: UserLine) =>
    outcome === 'timeout' && port !== undefined && came.has(port) && !taken.has(port);
  return countOf(users, waited);
}

/**
 * CPU time is counted in ticks of 10 ms: over a second that is 1 %, over a tenth of a second it would be 10 %. If longer, a peak is
 * hidden. Ms.
 */
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

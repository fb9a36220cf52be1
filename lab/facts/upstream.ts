import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { ConnectError, FailedConnect } from '../../protocol/upstream-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { didTell, lostTo } from '../evidence/ledger/ledger.ts';
import { countOf } from '../evidence/packed-lines.ts';
import { type Answered, answeredConnections } from './answered.ts';
import { type InVain, inVainByTimes, inVainByTrace, inVainByWaits } from './answered-in-vain.ts';
import { type ConnectionFacts, failedEnds, type ServerEnd } from './connections.ts';
import { type Full, fullQueues, portlessTimes } from './upstream-full.ts';
import { failedAt } from './user-groups.ts';

/** What a server lacked towards others: a local port, an answer other than RST, room in their accept queue. */
export type Want = 'port' | 'accepting' | 'room';

/** A server as the client of its upstreams. */
export interface UpstreamFacts {
  /** The kernel traced each connection that the server tried to make and did not get. */
  traced: boolean;
  /** Those connections, by reason. */
  connects: Partial<Record<ConnectError, number>>;
  /** The places that it did not reach, for each want, most first. */
  to: Record<Want, string[]>;
  /** When it had no local port left, and when the queue of an upstream was full, in the samples. */
  full: Full[];
  /** Which of these failed this user; undefined: none. */
  wantOf: (user: Pick<UserLine, 'id'>) => Want | undefined;
  /** Ends of its users' connections that failed by it. */
  ends: Record<Want, ServerEnd[]>;
  /** Those of them that ended in order, where nobody reports failures. */
  inVain: Partial<Record<Want, InVain>>;
}

/**
 * A user that fails by an upstream is cut this soon after the server noticed, ms: what a busy server needs; our own users report it
 * themselves. If longer, later failures are attributed to it. If shorter, those of a busy server are missed.
 */
const CUT_WITHIN_MS = 250;
const TOLD_WITHIN_MS = 500;
/** Clocks of one machine, read by different programs. */
const CLOCK_MS = 20;

const WANT: Partial<Record<ConnectError, Want>> = {
  EADDRNOTAVAIL: 'port',
  ECONNREFUSED: 'accepting',
  EAGAIN: 'room',
};

/**
 * While a server lacks something towards its upstreams, this part of the failed users must fail by that, one for each failed connection.
 * If lower, a server that checks a dead upstream every second is accused whenever its users fail. If higher, a server with two troubles
 * at once is accused of one only.
 */
const MOSTLY = 0.8;

/**
 * And this part of the failed connections in that time must have failed a user: a proxy tries a few times for each. If lower, a server
 * that checks a dead upstream ten times a second has a user cut just after each check. If higher, many tries hide it.
 */
const OF_TRIES = 0.2;

/** The time of a sample is known no better, ms. */
const LOOKED_WITHIN_MS = 1000;

/** A failed user: from when on that may have been for want of an upstream, and when it failed. */
interface Failure<Of> {
  of: Of;
  from: number;
  at: number;
  /** How soon after the server noticed. */
  within: number;
  /** The user gave up itself. */
  late: boolean;
}

/** Draws them up to `until`, ms; undefined: its connections to others were not recorded. */
export function upstreamFacts(
  evidence: Evidence,
  until: number,
  connections: ConnectionFacts | undefined,
  failed: Iterable<UserLine>,
): UpstreamFacts | undefined {
  const { asked, ledger, observer, failedConnects } = evidence;
  if (observer.before?.server === undefined) return undefined;
  const series = observer.series.filter(({ at }) => at <= until);
  const traced = didTell(ledger, 'tracefs') && lostTo(ledger, 'tracefs') === 0;
  const looked = series.some(({ server }) => server?.upstream !== undefined);
  if (!looked && !traced && failedConnects.length === 0) return undefined;
  const queues = fullQueues(series);
  const full = [...portlessTimes(series), ...queues];
  const told = failedConnects.filter(({ at }) => at <= until + TOLD_WITHIN_MS).sort((a, b) => a.at - b.at);
  const waits = answerlessTimes(series, queues);
  const judge = <Of>(failures: Failure<Of>[]) => wantsOf(failures, { told, queues, waits, full, traced });
  const users = judge(
    [...failed].filter(mayBeForUpstream).map((user) => ({
      of: user.id,
      from: user.startedAt,
      at: failedAt(user),
      within: TOLD_WITHIN_MS,
      late: user.outcome === 'timeout',
    })),
  );
  const ends = judge(connections ? failedEnds(connections).map(failureOf) : []);
  const inVain =
    connections === undefined || told.length + full.length === 0 || asked.users > 0
      ? {}
      : inVainOf(answeredConnections(evidence, until, connections), evidence, series, {
          ...{ told, queues, waits, full, traced },
        });
  const endsOf = (want: Want) => [
    ...[...ends].flatMap(([end, its]) => (its === want ? [end] : [])),
    ...(inVain[want]?.members.map(({ end }) => end) ?? []),
  ];
  return {
    traced,
    connects: countBy(told),
    to: placesOf(told, full),
    full,
    wantOf: ({ id }) => users.get(id),
    ends: { port: endsOf('port'), accepting: endsOf('accepting'), room: endsOf('room') },
    inVain,
  };
}

/**
 * Users who received an answer in order, but were not served: by each connect(2) where it was traced, else by the samples of its
 * upstreams.
 */
function inVainOf(
  answered: readonly Answered[],
  { madeConnects }: Evidence,
  series: readonly ObservedLine[],
  { told, queues, waits, full, traced }: Known,
): UpstreamFacts['inVain'] {
  const byTrace = (want: Want) => {
    const connects = told.filter((connect) => wantOf(connect, queues) === want);
    return inVainByTrace(answered, connects, madeConnects, series);
  };
  if (traced)
    return defined({ port: byTrace('port'), accepting: byTrace('accepting'), room: byTrace('room') });
  const timesOf = (kind: Full['kind']) => full.filter((one) => one.kind === kind);
  const port = inVainByTimes(answered, timesOf('port'), series);
  const room = inVainByTimes(answered, timesOf('unix'), series) ?? inVainByWaits(answered, waits, series);
  return defined({ port, room });
}

/** Bad Gateway, Service Unavailable, Gateway Timeout (RFC 9110, 15.6.3 to 15.6.5). */
const GATEWAY_ANSWERS: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/** The user had reached the server, and was then cut, or received a gateway error, or gave up. */
export function mayBeForUpstream({ outcome, stage, status }: UserLine): boolean {
  if (status !== undefined) return GATEWAY_ANSWERS.has(status);
  if (outcome === 'timeout') return stage !== 'connect';
  return outcome === 'reset' || outcome === 'eof' || outcome === 'closed';
}

function failureOf(end: ServerEnd): Failure<ServerEnd> {
  const { complete } = end.line;
  const from = complete ? complete.is - (complete.within ?? 0) : end.at - CUT_WITHIN_MS;
  return { of: end, from, at: end.at, within: CUT_WITHIN_MS, late: false };
}

interface Known {
  told: readonly FailedConnect[];
  queues: readonly Full[];
  /** When a full TCP queue left the server's SYNs without an answer. */
  waits: readonly Full[];
  full: readonly Full[];
  traced: boolean;
}

/** What each user lacked: one failed connection of the server fails one user at most. */
function wantsOf<Of>(
  failures: readonly Failure<Of>[],
  { told, queues, waits, full, traced }: Known,
): Map<Of, Want> {
  const sorted = [...failures].sort((a, b) => a.at - b.at);
  const wants = new Map<Of, Want>();
  for (const want of ['port', 'room', 'accepting'] as const) {
    const connects = told.filter((connect) => wantOf(connect, queues) === want);
    for (const of of oneEach(sorted, connects, wants)) wants.set(of, want);
  }
  for (const { of, from, at } of sorted) {
    if (wants.has(of)) continue;
    if (waits.some((wait) => meets(wait, from, at))) wants.set(of, 'room');
    // Where each connect(2) was traced, a moment alone is no proof.
    else if (!traced) {
      const met = full.find(
        (one) => one.kind !== 'tcp' && meets(one, Math.max(from, at - LOOKED_WITHIN_MS), at),
      );
      if (met) wants.set(of, met.kind === 'port' ? 'port' : 'room');
    }
  }
  return wants;
}

const meets = ({ from, to }: Full, begin: number, end: number) => from <= end && to >= begin;

/** A connection without an answer was left in a full queue; else the reason is not known. */
function wantOf({ error, to, at }: FailedConnect, queues: readonly Full[]): Want | undefined {
  if (error !== 'ETIMEDOUT' && error !== 'ECANCELED') return WANT[error];
  const isFull = queues.some((queue) => queue.name === to && queue.from <= at);
  return isFull ? 'room' : undefined;
}

/** Users that failed just after a failed connection of the server; none where most users that failed in that time did not. */
function oneEach<Of>(
  failures: readonly Failure<Of>[],
  connects: readonly FailedConnect[],
  others: ReadonlyMap<Of, Want>,
): Of[] {
  const [first, last] = [connects[0], connects.at(-1)];
  if (first === undefined || last === undefined) return [];
  const found: Of[] = [];
  const used = new Uint8Array(connects.length);
  let begin = 0;
  let meanwhile = 0;
  let [firstAt, lastAt] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { of, from, at, within, late } of failures) {
    if (others.has(of)) continue;
    [firstAt, lastAt] = [Math.min(firstAt, at - within), at];
    if (!late && at >= first.at - CLOCK_MS && at <= last.at + within) meanwhile += 1;
    const least = Math.max(from, at - within) - CLOCK_MS;
    while (begin < connects.length && (connects[begin] as FailedConnect).at < at - TOLD_WITHIN_MS - CLOCK_MS)
      begin += 1;
    for (let index = begin; index < connects.length; index += 1) {
      const connect = connects[index] as FailedConnect;
      if (connect.at > at + CLOCK_MS) break;
      if (used[index] || connect.at < least) continue;
      used[index] = 1;
      found.push(of);
      break;
    }
  }
  const tries = countOf(connects, (connect) => connect.at >= firstAt && connect.at <= lastAt);
  return found.length >= MOSTLY * meanwhile && found.length >= OF_TRIES * tries ? found : [];
}

/** The times in which a TCP queue was full, and the server had tried to connect to it and had no answer. */
function answerlessTimes(series: readonly ObservedLine[], queues: readonly Full[]): Full[] {
  return queues.filter(
    ({ kind, name, from, to }) =>
      kind === 'tcp' &&
      series.some(
        ({ at, server }) =>
          at >= from &&
          at <= to &&
          server?.upstream?.ends.some(({ remote, unanswered }) => remote === name && unanswered > 0),
      ),
  );
}

function countBy(told: readonly FailedConnect[]): UpstreamFacts['connects'] {
  const counts: UpstreamFacts['connects'] = {};
  for (const { error } of told) counts[error] = (counts[error] ?? 0) + 1;
  return counts;
}

function placesOf(told: readonly FailedConnect[], full: readonly Full[]): UpstreamFacts['to'] {
  const queues = full.filter(({ kind }) => kind !== 'port');
  const count = {
    port: new Map<string, number>(),
    accepting: new Map<string, number>(),
    room: new Map<string, number>(),
  };
  const add = (want: Want, place: string, times: number) =>
    count[want].set(place, (count[want].get(place) ?? 0) + times);
  for (const one of told) {
    const want = wantOf(one, queues);
    if (want !== undefined && one.to !== undefined) add(want, one.to, 1);
  }
  for (const { kind, name } of full) add(kind === 'port' ? 'port' : 'room', name, 1);
  const sorted = (want: Want) => [...count[want]].sort((a, b) => b[1] - a[1]).map(([place]) => place);
  return { port: sorted('port'), accepting: sorted('accepting'), room: sorted('room') };
}

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

/** What a server could not have of others: a local port, an answer but RST, room in their accept queue. */
export type Want = 'port' | 'accepting' | 'room';

/** A server as the client of its upstreams. */
export interface UpstreamFacts {
  /** The kernel told of each connection that it asked for and did not get. */
  traced: boolean;
  /** Those, by why. */
  connects: Partial<Record<ConnectError, number>>;
  /** To where it did not get through, for each want, most first. */
  to: Record<Want, string[]>;
  /** When it had no local port left, and when the queue of an upstream was full, as far as was looked. */
  full: Full[];
  /** Which of these failed a user of ours; undefined: none. */
  wantOf: (user: Pick<UserLine, 'id'>) => Want | undefined;
  /** Ends of its connections that were failed by it. */
  ends: Record<Want, ServerEnd[]>;
  /** Those of them that were no failure by themselves, where nobody counted failures. */
  inVain: Partial<Record<Want, InVain>>;
}

/**
 * Whoever is failed by an upstream is cut soon after the server was told, ms: what a busy server needs to hear of it; users of ours tell
 * of it themselves. Longer, and what fails later is laid to it; shorter, and those of a busy server are missed.
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
 * While a server cannot have something of its upstreams, so many of those who fail must be failed by it, one for each connection that
 * it did not get. Lower, and a server that looks after a dead upstream every second is accused of it whenever its users fail; higher,
 * and one that has two troubles at once is accused of one.
 */
const MOSTLY = 0.8;

/**
 * And of the connections that it did not get while some failed so many must have failed one: a proxy tries a few times for each. Lower,
 * and one that looks after a dead upstream ten times a second has somebody cut just after each; higher, and many tries hide it.
 */
const OF_TRIES = 0.2;

/** A look is no nearer, ms. */
const LOOKED_WITHIN_MS = 1000;

/** Somebody who failed: from when on that may have been for want of an upstream, and when it happened. */
interface Failure<Of> {
  of: Of;
  from: number;
  at: number;
  /** So soon after the server was told. */
  within: number;
  /** It gave up itself. */
  late: boolean;
}

/** Draws them up to `until`, ms; undefined: nobody told of it as a client. */
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

/** Who was answered in order, and not served: where it was traced by each connect(2), else by what was seen of its upstreams. */
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

/** It had come through to the server, and was then cut, or told that there is nobody behind it, or gave up. */
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
  /** When a full queue of TCP left the server's SYNs without an answer. */
  waits: readonly Full[];
  full: readonly Full[];
  traced: boolean;
}

/** What each of them lacked: one connection that the server did not get fails one at most. */
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
    // Where each connect(2) was told of, a moment alone is no proof.
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

/** What no answer came to was left in a queue that was full; else it is not known why. */
function wantOf({ error, to, at }: FailedConnect, queues: readonly Full[]): Want | undefined {
  if (error !== 'ETIMEDOUT' && error !== 'ECANCELED') return WANT[error];
  const isFull = queues.some((queue) => queue.name === to && queue.from <= at);
  return isFull ? 'room' : undefined;
}

/** Those that failed just after a connection that the server did not get for them; nobody where most of those that fail meanwhile did not. */
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

/** Of those times in which a queue of TCP was full: those in which the server had asked it for a connection and no answer had come. */
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

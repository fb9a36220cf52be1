import { defined } from '../../common/defined.ts';
import type { EarlierAttempt, UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { NumberList } from '../evidence/number-list.ts';
import type { Lines } from '../evidence/packed-lines.ts';
import { countWhile, largest, smallest } from './numbers.ts';
import { failedAt, openTimes } from './user-groups.ts';

/** A time in which nobody listened, ms since the epoch; without an end: for the rest of the load. */
export interface Outage {
  from: number;
  to?: number;
  /** When it was first seen to be gone; absent: as it began. */
  seenAt?: number;
  /** Users that the gateway cut as it began; undefined: it does not say. */
  open?: number;
}

/** Restarts: what the gateway says of its own, or what the kernel shows of its listener, or what the users met. */
export interface RestartFacts {
  outages: Outage[];
  /** Whether the gateway told of them. */
  told: boolean;
  /** The first so many are times in which the listener was seen to be gone; in the others another one was there at the next sample, or users were refused between users let in. */
  seen?: number;
  /** Users whom the gateway asked to leave because of one. */
  drained: number;
}

/** Users that connected again after they had been open. */
export interface ComebackFacts {
  users: number;
  /** Of them, open to the end. */
  back: number;
  attempts: number;
  /** From the loss to the second attempt, the median, ms. */
  pauseMs: number;
  /** Second attempts begun in the busiest second, as a part of all of them. */
  together: number;
}

/** From the gateway's lines up to `until`, ms; where it wrote none (a server that is not ours), from the users'. */
export function restartFacts(evidence: Evidence, until: number): RestartFacts {
  const { gateway } = evidence;
  const drained = gateway.closes.filter(
    ({ at, reason, code }) => at <= until && reason === 'restart' && code !== undefined,
  ).length;
  if (gateway.samples.length > 0) return { outages: toldOutages(gateway.restarts), told: true, drained };
  const seen = seenOutages(evidence, until);
  // On a busy machine one may fall between two samples.
  const outages = [...seen, ...reopenings(evidence, until), ...metOutages(evidence)];
  return defined({ outages, told: false, seen: seen.length || undefined, drained });
}

function toldOutages(restarts: Evidence['gateway']['restarts']): Outage[] {
  const outages: Outage[] = [];
  for (const { phase, at, open } of restarts) {
    const last = outages.at(-1);
    if (phase === 'down') outages.push({ from: at, open });
    else if (phase === 'up' && last) last.to = at;
  }
  return outages;
}

/** A server that is not ours had no listener for a time, and lived. */
function seenOutages({ observer, gateway }: Evidence, until: number): Outage[] {
  if (observer.before?.server === undefined || gateway.exit !== undefined) return [];
  const outages: Outage[] = [];
  let before = observer.before.at;
  let down = false;
  for (const { at, acceptQueue } of observer.series) {
    if (at > until) break;
    const last = outages.at(-1);
    if (acceptQueue === undefined && !down) outages.push({ from: before, seenAt: at });
    else if (acceptQueue !== undefined && down && last) last.to = at;
    down = acceptQueue === undefined;
    before = at;
  }
  return outages;
}

/** Its listener was another one at the next sample: it may have been gone for an instant, or handed over without one. */
function reopenings({ observer, gateway }: Evidence, until: number): Outage[] {
  if (observer.before?.server === undefined || gateway.exit !== undefined) return [];
  const lines = [observer.before, ...observer.series];
  return observer.series.flatMap(({ at, server }, index) =>
    server?.reopened && at <= until ? { from: (lines[index] as { at: number }).at, seenAt: at, to: at } : [],
  );
}

/**
 * So often a server may go and come back between two samples. Lower, and a second restart hides both; higher, and a firewall that
 * refuses one user in ten is taken for a server that comes and goes.
 */
const MOST_OUTAGES = 2;

/**
 * Somebody was let in, somebody refused, somebody let in again: the listener went and came back. Of a server that is not ours it must
 * not have been there meanwhile, by the samples or by users let in: who refuses some and lets others in is a firewall, or a limit.
 */
function metOutages(evidence: Evidence): Outage[] {
  const { users } = evidence.fleet;
  const opened = openTimes(attemptsOf(users));
  const [first = Infinity, last = -Infinity] = [opened[0], opened.at(-1)];
  const refused: Attempt[] = [];
  for (const one of attemptsOf(users)) {
    const at = failedAt(one);
    if (one.outcome === 'refused' && at > first && at < last) refused.push(one);
  }
  if (refused.length === 0) return [];
  const listening: ArrayLike<number> = evidence.observer.before?.server ? listeningTimes(evidence) : [];
  // Beside the server connect(2) is answered at once; when a busy robot hears of it says less.
  const runs = Map.groupBy(refused, ({ startedAt }) => countWhile(listening, (at) => at <= startedAt));
  if (runs.size > MOST_OUTAGES) return [];
  return [...runs.values()].map((run) => {
    const times = run.map(failedAt);
    return { from: smallest(times), to: largest(times) };
  });
}

type Attempt = UserLine | EarlierAttempt;

/** Not as an array: of many users there is one at a time. */
function* attemptsOf(users: Iterable<UserLine>): Generator<Attempt> {
  for (const user of users) {
    yield user;
    yield* user.earlier ?? [];
  }
}

/** When it was seen to listen, or somebody was let in, ms, first to last. */
function listeningTimes({ observer, fleet }: Evidence): Float64Array {
  const times = new NumberList();
  for (const { at, acceptQueue } of observer.series) if (acceptQueue !== undefined) times.push(at);
  for (const { startedAt, openMs } of fleet.users) if (openMs !== undefined) times.push(startedAt);
  return times.sort();
}

/** Undefined when nobody came back, or the driver does not tell. */
export function comebackFacts(users: Lines<UserLine>): ComebackFacts | undefined {
  const came = users.filter(({ earlier }) => earlier !== undefined && earlier.length > 0);
  if (came.length === 0) return undefined;
  const pauses: number[] = [];
  const starts: number[] = [];
  for (const user of came) {
    const [lost, next = user] = user.earlier as [NonNullable<UserLine['earlier']>[number]];
    pauses.push(next.startedAt - lost.startedAt - lost.endedMs);
    starts.push(next.startedAt);
  }
  pauses.sort((a, b) => a - b);
  return {
    users: came.length,
    back: came.filter(({ outcome }) => outcome === 'open').length,
    attempts: came.reduce((sum, { attempts = 1 }) => sum + attempts, 0),
    pauseMs: pauses[Math.floor(pauses.length / 2)] as number,
    together: busiestSecond(starts) / came.length,
  };
}

/** The most of these moments, ms, that are within one second. Sorts them. */
export function busiestSecond(times: number[] | Float64Array): number {
  times.sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [to, at] of times.entries()) {
    while ((times[from] as number) < at - 1000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

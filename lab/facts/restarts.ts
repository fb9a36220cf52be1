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
  /** When the listener was first seen gone; absent: at the beginning. */
  seenAt?: number;
  /** How many users the gateway cut at the beginning; undefined: not reported. */
  open?: number;
}

/** Restarts: as the gateway logs its own, or as the kernel shows its listener, or as users saw them. */
export interface RestartFacts {
  outages: Outage[];
  /** Whether the gateway logged them. */
  told: boolean;
  /**
   * How many of them, the first ones, are times in which the listener was seen gone. In the others another listener was there at the next
   * sample, or users were refused between users that connected.
   */
  seen?: number;
  /** Users that the gateway told to leave because of one. */
  drained: number;
}

/** Users that connected again after they had been open. */
export interface ComebackFacts {
  users: number;
  /** How many of them were open to the end. */
  back: number;
  attempts: number;
  /** The median time from the loss to the second attempt, ms. */
  pauseMs: number;
  /** Second attempts that began in the busiest second, as a part of all of them. */
  together: number;
}

/** From the gateway's lines up to `until`, ms; where it wrote none (a server that is not ours), from the users. */
export function restartFacts(evidence: Evidence, until: number): RestartFacts {
  const { gateway } = evidence;
  const drained = gateway.closes.filter(
    ({ at, reason, code }) => at <= until && reason === 'restart' && code !== undefined,
  ).length;
  if (gateway.samples.length > 0) return { outages: toldOutages(gateway.restarts), told: true, drained };
  const seen = seenOutages(evidence, until);
  // On a busy machine an outage may fall between two samples.
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

/** A server that is not ours had no listener for a time, and lived on. */
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

/** Its listener was another one at the next sample: it may have been gone for an instant, or handed over. */
function reopenings({ observer, gateway }: Evidence, until: number): Outage[] {
  if (observer.before?.server === undefined || gateway.exit !== undefined) return [];
  const lines = [observer.before, ...observer.series];
  return observer.series.flatMap(({ at, server }, index) =>
    server?.reopened && at <= until ? { from: (lines[index] as { at: number }).at, seenAt: at, to: at } : [],
  );
}

/**
 * A server may go and come back this often between two samples. If lower, a second restart hides both. If higher, a firewall that refuses
 * one user in ten counts as a server that comes and goes.
 */
const MOST_OUTAGES = 2;

/**
 * One user connected, one was refused, one connected again: the listener went and came back. For a server that is not ours, neither
 * samples nor connected users may show the listener in between: a firewall or a limit also refuses some users and not others.
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
  // On the server's machine connect(2) is answered at once; the time at which a busy robot hears of it says less.
  const runs = Map.groupBy(refused, ({ startedAt }) => countWhile(listening, (at) => at <= startedAt));
  if (runs.size > MOST_OUTAGES) return [];
  return [...runs.values()].map((run) => {
    const times = run.map(failedAt);
    return { from: smallest(times), to: largest(times) };
  });
}

type Attempt = UserLine | EarlierAttempt;

/** Not as an array: with many users only one is needed at a time. */
function* attemptsOf(users: Iterable<UserLine>): Generator<Attempt> {
  for (const user of users) {
    yield user;
    yield* user.earlier ?? [];
  }
}

/** When it was seen to listen, or a user connected, ms, first to last. */
function listeningTimes({ observer, fleet }: Evidence): Float64Array {
  const times = new NumberList();
  for (const { at, acceptQueue } of observer.series) if (acceptQueue !== undefined) times.push(at);
  for (const { startedAt, openMs } of fleet.users) if (openMs !== undefined) times.push(startedAt);
  return times.sort();
}

/** Undefined when no user came back, or the driver does not report it. */
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

export const SECOND_MS = 1000;

/** The most of these moments, ms, that are within one second. Sorts them. */
export function busiestSecond(times: number[] | Float64Array): number {
  times.sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [to, at] of times.entries()) {
    while ((times[from] as number) < at - SECOND_MS) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { FailedConnect, MadeConnects } from '../../protocol/upstream-events.ts';
import { type Answered, areOtherwise, isNear, type OneAnswer, oneAnswer } from './answered.ts';
import { countWhile, largest, smallest } from './numbers.ts';
import { FEW } from './same-length.ts';
import type { Full } from './upstream-full.ts';

/**
 * Users who received an answer, but not the one they wanted: a proxy answers 502 and closes nothing. From outside the length of the
 * answers shows that, in one of two ways. Either others reached the same upstream, and received a different answer. Or nobody did: all
 * received the same short answer, each beside a connection of the server that failed, and the server used no other upstream.
 */
export interface InVain extends OneAnswer {
  /** Users who were served and received a different answer; 0: nobody reached any upstream. */
  others: number;
}

/** An error page fits in one packet; a longer answer may be a page. Where others receive a different answer, any length counts. */
const SHORT_BYTES = 1460;
/** Up to this part counts as nobody: users that came first, or sockets of others that looked the same. */
const HARDLY = 0.1;
/**
 * This part of the users in that time counts as nearly all. If lower, a server that needs an upstream for every third user is said to
 * fail them.
 */
const MOSTLY = 0.8;
/** A server tries a few times for each user. If lower, a server that checks a dead upstream all the time meets its users by chance. */
const OF_TRIES = 0.2;
/** Clocks of one machine, read by different programs. */
const CLOCK_MS = 20;

/**
 * By the trace: each user with a failed connection of the server that was made while the user was there, before it was answered.
 * @param connects that it did not get for one want, in the order of their times
 */
export function inVainByTrace(
  answered: readonly Answered[],
  connects: readonly FailedConnect[],
  made: MadeConnects | undefined,
  series: readonly ObservedLine[],
): InVain | undefined {
  const [first, last] = [connects[0], connects.at(-1)];
  if (first === undefined || last === undefined || made === undefined) return undefined;
  const met = new Set(oneEach(answered, connects));
  const one = oneAnswer([...met]);
  if (one === undefined || one.members.length < OF_TRIES * connects.length) return undefined;
  const rest = answered.filter((other) => !met.has(other));
  const remotes = new Set(connects.map(({ to }) => to));
  const through = Object.entries(made.to).reduce(
    (sum, [to, number]) => sum + (remotes.has(to) ? number : 0),
    0,
  );
  const kept = series.some(({ server }) =>
    server?.upstream?.ends.some((end) => remotes.has(end.remote) && (end.through ?? 0) > 0),
  );
  if (areOtherwise(rest, one.bytes) && (through >= MOSTLY * rest.length || kept))
    return { ...one, others: rest.length };
  const meanwhile = answered.filter(
    ({ from, to }) => to >= first.at - CLOCK_MS && from <= last.at + CLOCK_MS,
  );
  const all = Object.values(made.to).reduce((sum, number) => sum + number, made.atOnce);
  const alone = all <= HARDLY * connects.length && mostThrough(series) <= HARDLY * one.members.length;
  const nearlyAll = one.members.length >= MOSTLY * meanwhile.length;
  return alone && nearlyAll && one.bytes <= SHORT_BYTES ? { ...one, others: 0 } : undefined;
}

/** The most connections to upstreams in one sample. */
function mostThrough(series: readonly ObservedLine[]): number {
  return series.reduce((most, { server }) => {
    const ends = server?.upstream?.ends ?? [];
    return Math.max(
      most,
      ends.reduce((sum, { through = 0 }) => sum + through, 0),
    );
  }, 0);
}

/** The user that ends first gets the first failed connection of its time. */
function oneEach(answered: readonly Answered[], connects: readonly FailedConnect[]): Answered[] {
  // The next connection that no user has; each search shortens the way to it.
  const next = Int32Array.from({ length: connects.length + 1 }, (_, index) => index);
  const free = (index: number): number => {
    let at = index;
    while (next[at] !== at) {
      next[at] = next[next[at] as number] as number;
      at = next[at] as number;
    }
    return at;
  };
  return answered.filter(({ from, to }) => {
    const index = free(countWhile(connects, ({ at }) => at < from - CLOCK_MS));
    const connect = connects[index];
    if (connect === undefined || connect.at > to + CLOCK_MS) return false;
    next[index] = index + 1;
    return true;
  });
}

/** A sample takes a while, and the server goes on in that time, ms: a user that came this soon after it may have come before it. */
const LOOK_MS = 400;

/**
 * Without the trace, by samples: while no port was left towards an upstream, or the queue of a UNIX one was full, all received the same
 * answer; nobody did at any other time; and others received a different one.
 */
export function inVainByTimes(
  answered: readonly Answered[],
  times: readonly Full[],
  series: readonly ObservedLine[],
): InVain | undefined {
  const sure = sureTimes(times, series);
  const within = answered.filter(({ earliest, to }) =>
    sure.some((time) => earliest >= time.from + LOOK_MS && to <= time.to),
  );
  const one = oneAnswer(within);
  if (one === undefined || one.bytes === 0) return undefined;
  const alike = answered.filter(({ bytes }) => isNear(bytes, one.bytes));
  const maybe = ({ earliest, to }: Answered) => times.some((time) => to >= time.from && earliest <= time.to);
  const rest = answered.filter(({ bytes }) => !isNear(bytes, one.bytes));
  if (rest.length < FEW || !areOtherwise(rest, one.bytes) || !alike.every(maybe)) return undefined;
  return { bytes: one.bytes, members: alike, others: rest.length };
}

/** A sooner answer did not wait for the upstream, ms: samples of 400 ms cannot show a shorter unanswered SYN. */
const WAITED_MS = 250;

/**
 * The same for a TCP upstream whose full queue leaves SYNs without an answer: all users received the same short answer, after a while,
 * and nobody reached the upstream in that time.
 */
export function inVainByWaits(
  answered: readonly Answered[],
  waits: readonly Full[],
  series: readonly ObservedLine[],
): InVain | undefined {
  const sure = sureTimes(waits, series);
  const meanwhile = answered.filter(({ from, to }) =>
    sure.some((time) => to >= time.from && from <= time.to),
  );
  const waited = meanwhile.filter(({ from, to }) => to - from >= WAITED_MS);
  const one = oneAnswer(waited);
  if (one === undefined || one.bytes > SHORT_BYTES) return undefined;
  if (one.members.length < MOSTLY * meanwhile.length) return undefined;
  const begin = smallest(one.members.map(({ from }) => from));
  const end = largest(one.members.map(({ to }) => to));
  const looks = series.filter(({ at, server }) => server?.upstream !== undefined && at >= begin && at <= end);
  if (mostThrough(looks) > HARDLY * one.members.length) return undefined;
  const unanswered = looks.filter(({ server }) => server?.upstream?.ends.some((end) => end.unanswered > 0));
  return unanswered.length >= MOSTLY * looks.length ? { ...one, others: 0 } : undefined;
}

/** From the first sample that shows it to the last: the time between two samples that differ may be either. */
function sureTimes(times: readonly Full[], series: readonly ObservedLine[]): { from: number; to: number }[] {
  const looks = series.flatMap(({ at, server }) => (server?.upstream === undefined ? [] : at));
  return times.flatMap(({ from, to }) => {
    const within = looks.filter((at) => at > from && at < to);
    const [first, last] = [within[0], within.at(-1)];
    return first === undefined || last === undefined ? [] : [{ from: first, to: last }];
  });
}

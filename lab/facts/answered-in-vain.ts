import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { FailedConnect, MadeConnects } from '../../protocol/upstream-events.ts';
import { type Answered, areOtherwise, isNear, type OneAnswer, oneAnswer } from './answered.ts';
import { countWhile, largest, smallest } from './numbers.ts';
import { FEW } from './same-length.ts';
import type { Full } from './upstream-full.ts';

/**
 * Users who got an answer, and not the one they came for: a proxy says 502 in order, and closes nothing. From outside that is shown by
 * the length of what was said, in one of two ways. Where others got through to the same upstream: those were answered otherwise. Where
 * nobody did: all were answered alike and shortly, each beside a connection of its own that the server did not get, and the server had
 * nobody else to ask.
 */
export interface InVain extends OneAnswer {
  /** Those who got through, and were answered otherwise; 0: nobody got through to anybody. */
  others: number;
}

/** An error page fits in one packet; what does not may be a page. Where others are answered otherwise any length will do. */
const SHORT_BYTES = 1460;
/** Nobody, but for so many: of those that came first, or of what somebody else's socket looked like. */
const HARDLY = 0.1;
/** Nearly all who came meanwhile. Lower, and a server that asks an upstream for every third user is said to fail them. */
const MOSTLY = 0.8;
/** A server tries a few times for each user. Lower, and one that looks after a dead upstream all the time meets its users by chance. */
const OF_TRIES = 0.2;
/** Clocks of one machine, read by different programs. */
const CLOCK_MS = 20;

/**
 * By the trace: each user with a connection of its own that the server did not get, while he was there and before he was answered.
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

/** The most connections that it had to others at one look. */
function mostThrough(series: readonly ObservedLine[]): number {
  return series.reduce((most, { server }) => {
    const ends = server?.upstream?.ends ?? [];
    return Math.max(
      most,
      ends.reduce((sum, { through = 0 }) => sum + through, 0),
    );
  }, 0);
}

/** Who ends first has the first of those that failed while he was there. */
function oneEach(answered: readonly Answered[], connects: readonly FailedConnect[]): Answered[] {
  // The next one that nobody has; with each look up the way to it becomes shorter.
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

/** A look takes a while, and the server goes on meanwhile, ms: who came so soon after it may have come before. */
const LOOK_MS = 400;

/**
 * Where nobody traced it, by looks: while it had no port left towards an upstream, or the queue of a UNIX one was full, all were answered
 * alike, nobody was at any other time, and others were answered otherwise.
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

/** An answer that comes sooner was not waited for, ms: what looks of 400 ms can tell of a SYN without an answer. */
const WAITED_MS = 250;

/**
 * The same, of an upstream of TCP that leaves SYNs without an answer since its queue is full: all who came were answered alike and
 * shortly, after a while, and nobody got through meanwhile.
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

/** From the first look at which it was so to the last: what is between two looks that differ is either. */
function sureTimes(times: readonly Full[], series: readonly ObservedLine[]): { from: number; to: number }[] {
  const looks = series.flatMap(({ at, server }) => (server?.upstream === undefined ? [] : at));
  return times.flatMap(({ from, to }) => {
    const within = looks.filter((at) => at > from && at < to);
    const [first, last] = [within[0], within.at(-1)];
    return first === undefined || last === undefined ? [] : [{ from: first, to: last }];
  });
}

import type { Evidence } from '../evidence/evidence.ts';
import { NumberList } from '../evidence/number-list.ts';
import { servedInTurn } from '../laws/accept-rate-law.ts';
import { countWhile, LargestWithin } from './numbers.ts';
import type { Reading } from './reading.ts';
import { movedOn, openTimes, securedTimes } from './user-groups.ts';

/** A part of the time, 0 to 1, and where it was read. */
export interface Part {
  part: number;
  read: Reading;
}

/** How the gateway spent its time. Undefined: not known for at least half of that time. Times in ms since the epoch. */
export interface LoopFacts {
  /** At work: its event loop by its own samples; else its process, that ran or was ready without a processor. */
  busy(from: number, to: number): Part | undefined;
  /** Its CPU time as a part of one core. */
  cpu(from: number, to: number): number | undefined;
  /** Held back by its CPU quota; undefined also where there is no quota. */
  throttled(from: number, to: number): number | undefined;
  /** Its CPU time as a part of what its quota allows; undefined also where there is no quota. */
  quotaUsed(from: number, to: number): number | undefined;
  /** What it did of TLS; undefined also where it speaks none, or does not say. */
  tls(from: number, to: number): TlsWork | undefined;
  /** How many of the users that came it can serve one after another, each for so long, before they give up (`servedInTurn`). */
  servedInTurn(costMs: number, patienceMs: number): number;
  /** Users whose TLS handshake was over in that time. */
  secured(from: number, to: number): number;
  /** Users that became open in that time, and the longest time in which none did, nor had its TLS handshake behind it, ms. */
  served(from: number, to: number): { users: number; gapMs: number };
}

/** TLS handshakes of a gateway in some time. */
export interface TlsWork {
  /** Those whose ClientHello was answered, and those that were completed. */
  begun: number;
  done: number;
  /** The longest time in which none began and none was completed, ms. */
  gapMs: number;
  /** The part of the time, 0 to 1, that its own code was at work, on upgrades and bets. */
  own: number;
}

/** A total as it stood at a moment. */
interface Point {
  at: number;
  total: number;
}

/** From the gateway's samples, the observer's series and the robots. */
export function loopFacts({ gateway, observer, fleet }: Evidence): LoopFacts {
  const { samples } = gateway;
  const busyMs: Point[] = [];
  for (const [index, { at, loop }] of samples.entries()) {
    const before = samples[index - 1];
    const previous = busyMs.at(-1)?.total ?? 0;
    if (loop.busy !== undefined)
      busyMs.push({ at, total: previous + (before ? loop.busy * (at - before.at) : 0) });
  }
  const cpuMs = observer.series.flatMap(({ at, cpuMs }) =>
    cpuMs === undefined ? [] : [{ at, total: cpuMs }],
  );
  const wantedMs = observer.series.flatMap(({ at, wantedMs }) =>
    wantedMs === undefined ? [] : [{ at, total: wantedMs }],
  );
  const throttledMs = [
    ...samples.flatMap(({ at, throttled }) => (throttled === undefined ? [] : [{ at, total: throttled.ms }])),
    ...observer.series.flatMap(({ at, server }) =>
      server?.throttledMs === undefined ? [] : [{ at, total: server.throttledMs }],
    ),
  ];
  const secure = samples.flatMap(({ at, handshakesBegun: begun, handshakes: done, ownMs }) =>
    begun === undefined || done === undefined || ownMs === undefined ? [] : [{ at, begun, done, ownMs }],
  );
  const ownMs = secure.map(({ at, ownMs }) => ({ at, total: ownMs }));
  const begun = secure.map(({ at, begun }) => ({ at, total: begun }));
  const done = secure.map(({ at, done }) => ({ at, total: done }));
  const opened = openTimes(fleet.users);
  const secured = securedTimes(fleet.users);
  const moved = movedOn(secured, opened);
  // The gaps between each and the next, computed at the first call.
  let gaps: LargestWithin | undefined;
  const cpu = (from: number, to: number) => partOf(cpuMs, from, to);
  return {
    busy(from, to) {
      const loop = partOf(busyMs, from, to);
      if (loop !== undefined) return { part: loop, read: 'gateway lines' };
      // More threads than the first may do the work.
      const [first, all] = [partOf(wantedMs, from, to), cpu(from, to)];
      if (first === undefined && all === undefined) return undefined;
      const part = Math.min(1, Math.max(first ?? 0, all ?? 0));
      return { part, read: first === undefined ? 'stat' : 'schedstat' };
    },
    cpu,
    // The sum over all processors: threads held back on two of them count twice.
    throttled(from, to) {
      const part = partOf(throttledMs, from, to);
      return part === undefined ? undefined : Math.min(1, part);
    },
    quotaUsed(from, to) {
      const quota = gateway.listening?.limits?.cpus ?? 0;
      const used = cpu(from, to);
      return quota === 0 || used === undefined ? undefined : used / quota;
    },
    tls(from, to) {
      const own = partOf(ownMs, from, to);
      if (own === undefined) return undefined;
      const grownBy = (points: readonly Point[]) => Math.round(growth(points, from, to)?.total ?? 0);
      return { begun: grownBy(begun), done: grownBy(done), gapMs: stillFor(secure, from, to), own };
    },
    servedInTurn(costMs, patienceMs) {
      const starts = new NumberList();
      for (const { startedAt } of fleet.users) starts.push(startedAt);
      return servedInTurn(starts.sort(), costMs, patienceMs);
    },
    secured(from, to) {
      return Math.max(0, countWhile(secured, (at) => at <= to) - countWhile(secured, (at) => at < from));
    },
    served(from, to) {
      const users = Math.max(0, countWhile(opened, (at) => at <= to) - countWhile(opened, (at) => at < from));
      const [first, end] = [countWhile(moved, (at) => at < from), countWhile(moved, (at) => at <= to)];
      if (first >= end) return { users, gapMs: Math.max(0, to - from) };
      gaps ??= new LargestWithin(moved.slice(1).map((at, index) => at - (moved[index] as number)));
      const [before, after] = [(moved[first] as number) - from, to - (moved[end - 1] as number)];
      return { users, gapMs: Math.max(before, gaps.between(first, end - 1), after) };
    },
  };
}

/** The longest time between two moments in which neither number grew, as far as samples show it, ms. */
function stillFor(
  samples: readonly { at: number; begun: number; done: number }[],
  from: number,
  to: number,
): number {
  let longest = 0;
  let since = from;
  for (const [index, { at, begun, done }] of samples.entries()) {
    const before = samples[index - 1];
    if (before === undefined || (begun === before.begun && done === before.done)) continue;
    // It grew at some moment after the sample before.
    longest = Math.max(longest, Math.min(to, before.at) - since);
    since = Math.max(from, Math.min(to, at));
  }
  return Math.max(longest, to - since);
}

/**
 * This part of a time must be known before anything is said about all of it. If lower, one sample speaks for a wait of many. If higher, a
 * wait that began before the first sample, or ended after the last, is left open.
 */
const KNOWN = 0.5;

/** The part of the time between two moments by which the total (ms) grew; undefined: too little of it is known. */
function partOf(points: readonly Point[], from: number, to: number): number | undefined {
  const grown = growth(points, from, to);
  if (grown === undefined || grown.ms < KNOWN * (to - from) || grown.ms <= 0) return undefined;
  return grown.total / grown.ms;
}

/** By how much a total grew between two moments, evenly between its points, and for how much of that time it is known. */
function growth(
  points: readonly Point[],
  from: number,
  to: number,
): { total: number; ms: number } | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const [start, end] = [Math.max(from, first.at), Math.min(to, last.at)];
  if (end <= start) return undefined;
  return { total: totalAt(points, end) - totalAt(points, start), ms: end - start };
}

function totalAt(points: readonly Point[], at: number): number {
  const next = countWhile(points, (point) => point.at <= at);
  const before = points[Math.max(0, next - 1)] as Point;
  const after = points[next];
  if (after === undefined || after === before) return before.total;
  return before.total + ((at - before.at) / (after.at - before.at)) * (after.total - before.total);
}

import { defined } from '../../common/defined.ts';
import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { HolderState, ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { fateOf, wasAtOnce, wasServed } from './connection-fate.ts';
import { type ConnectionFacts, failedEnds, type ServerEnd } from './connections.ts';
import { type HowEnded, howEnded, kindOfEnd, tracedMoment } from './how-ended.ts';
import { countWhile } from './numbers.ts';
import { isOneEach, processEnds, WITH_THE_END_MS } from './worker-ends.ts';

/** The end of one process of a server, and what was cut with it. */
export interface PartEnd {
  pid: number;
  name?: string;
  /** When, ms since the epoch: as it was traced, or between the last sample with it and the first without. */
  from: number;
  at: number;
  /** Undefined: nobody told. */
  how?: HowEnded;
  /** Connections that ended with it: by its number where the kernel tells whose they were, else by the moment. */
  cut: number;
  byPid: boolean;
  /** Those of them that are among the ends of all. */
  ends: ServerEnd[];
  /** Another process has come since, and no other that was there had ever held users: it has taken its place. */
  replaced?: true;
  /** It had let others take over its listener before. */
  left?: true;
}

/**
 * Fewer than these are no crowd: each might have ended just then by itself. Lower, and a process for each connection is said to take users
 * with it; higher, and a worker with few users is not found.
 */
const SEVERAL = 2;
/** Where only the moment tells: so many times what else ends in as long a time. Lower, and a server that closes idle connections all along is accused. */
const BEYOND = 3;
/** Events of one clock, as two who read it tell of them, ms. */
const CLOCK_MS = 5;
/** What else ends is looked at for so long before it, ms. */
const BEFORE_MS = 5000;
/** Of a server that has many, a process for each connection, none took several with it. */
const MOST_ENDS = 200;
/** Whoever takes its place may come a little before it is seen to be gone, ms: as a rolling restart does. */
const EARLY_MS = 1000;

/**
 * The ends of a server's processes that took several connections with them. Who left in order, by all that is known, has cut those alone
 * that failed: the others it closed itself, when they were done.
 * @param userCuts when robots of ours were cut, ms since the epoch, in the order of time
 */
export function partEnds(
  evidence: Evidence,
  until: number,
  connections: ConnectionFacts | undefined,
  userCuts: readonly number[] = [],
): PartEnd[] {
  const { series } = evidence.observer;
  const left = new Set(series.flatMap(({ server }) => server?.left ?? []));
  const failed = connections ? failedEnds(connections) : [];
  const near = (times: readonly number[], from: number, to: number) =>
    countWhile(times, (time) => time <= to) - countWhile(times, (time) => time < from);
  const failedTimes = failed.map(({ at }) => at);
  const heldEnds = connections?.heldEnds ?? [];
  const ended = processEnds(series, until);
  const oneEach = isOneEach(ended.length, Math.max(heldEnds.length, failed.length, userCuts.length));
  const candidates = ended
    .map((end) => {
      const traced = tracedMoment(evidence, end);
      return traced === undefined ? { ...end, at: end.to } : { ...end, from: traced, at: traced };
    })
    .filter((end) => {
      const [from, to] = [end.from - WITH_THE_END_MS, end.at + WITH_THE_END_MS];
      const told = near(heldEnds, from, to) + near(failedTimes, from, to);
      return Math.max(told, near(userCuts, from, to)) >= SEVERAL;
    })
    .slice(0, MOST_ENDS);
  if (candidates.length === 0) return [];
  const cuts = cutLines(evidence, candidates, until);
  const names = new Map(holdersOf(evidence).map(({ pid, name }) => [pid, name]));
  return candidates.flatMap((end, index): PartEnd[] => {
    const { pid, from, at } = end;
    const [first, last] = [from - WITH_THE_END_MS, at + WITH_THE_END_MS];
    const how = howEnded(evidence, pid, at);
    const orderly = left.has(pid) || kindOfEnd(how) === 'left';
    const all = cuts[index] as ConnectionLine[];
    const byPid = all.some((line) => line.pid?.is === pid);
    const forced = byPid && isForced(how);
    const own = all.filter(
      (line) =>
        !byPid || (line.pid?.is === pid && (!forced || (line.closed?.is ?? line.at) >= from - CLOCK_MS)),
    );
    const isOwn = ({ at: when, line }: ServerEnd) =>
      isNear(when, end) && (line.pid === undefined ? !byPid : line.pid.is === pid);
    const ends = failed.filter(isOwn);
    const ofRobots = near(userCuts, first, last);
    const cut = orderly ? ends.length : Math.max(own.length, ends.length, byPid ? 0 : ofRobots);
    const others = near(heldEnds, first - BEFORE_MS, first - 1);
    const usual = (others * (last - first)) / BEFORE_MS;
    if (cut < (forced ? 1 : SEVERAL) || (!byPid && cut <= BEYOND * usual)) return [];
    // Of several that end at once, each with a connection of its own, none has ended first; of whom the others took with them it is not known.
    const together = candidates.filter((one) => isNear(one.at, end));
    if (!byPid && (oneEach || cut < SEVERAL * together.length || together[0]?.pid !== pid)) return [];
    const flags = {
      ...(left.has(pid) ? { left: true as const } : {}),
      ...(left.has(pid) || isReplaced(evidence, pid, at) ? { replaced: true as const } : {}),
    };
    return [{ pid, from, at, ...defined({ name: names.get(pid), how }), cut, byPid, ends, ...flags }];
  });
}

/**
 * Somebody else's signal ended it, as traced: what it had then went with it, be it one connection. Of a process that left, or failed, it
 * may have been the end of its one connection that came first.
 */
function isForced(how: HowEnded | undefined): boolean {
  return how?.by === 'tracefs' && how.signal !== undefined && how.ownDoing === undefined;
}

/** Is this moment, ms since the epoch, as near to the end of a process as things that happen together? */
export function isNear(time: number, { from, at }: Pick<PartEnd, 'from' | 'at'>): boolean {
  return time >= from - WITH_THE_END_MS && time <= at + WITH_THE_END_MS;
}

/** For each of these ends the connections that the server's side closed as near to it, without those that were served in a moment. */
function cutLines(
  { ledger }: Evidence,
  ends: readonly { pid: number; from: number; at: number }[],
  until: number,
): ConnectionLine[][] {
  const found = ends.map((): ConnectionLine[] => []);
  for (const line of connectionsOf(ledger)) {
    const at = line.closed?.is ?? line.at;
    if (line.open || at > until) continue;
    const [cut, told] = [wasCut(line), line.pid !== undefined && endedByServer(line)];
    if (!cut && !told) continue;
    for (const [index, end] of ends.entries())
      if (isNear(at, end) && (line.pid === undefined ? cut : line.pid.is === end.pid))
        (found[index] as ConnectionLine[]).push(line);
  }
  return found;
}

function endedByServer(line: ConnectionLine): boolean {
  const fate = fateOf(line);
  return fate !== 'left' && fate !== 'open' && fate !== 'untold';
}

/** Where only the moment tells, those that were served and over soon end all the time. */
function wasCut(line: ConnectionLine): boolean {
  return endedByServer(line) && !(wasAtOnce(line) && wasServed(line));
}

/** The processes of a server, those that came later among them. */
export function holdersOf({ observer: { before, series } }: Evidence): HolderState[] {
  return [...(before?.server?.holders ?? []), ...series.flatMap(({ server }) => server?.joined ?? [])];
}

const isGone = (state: string | undefined) => state === 'gone' || state === 'Z';

/** Has another process come in its place? A supervisor that only keeps the listener never holds more descriptors than it had. */
export function isReplaced({ observer: { series } }: Evidence, pid: number, at: number): boolean {
  const came = series.find(
    (line) =>
      line.at >= at - EARLY_MS &&
      (line.server?.joined?.some((one) => one.pid !== pid && livesLater(series, one.pid, line.at)) ?? false),
  );
  if (came === undefined) return false;
  const before = series.filter((line) => line.at < at);
  const there = before.at(-1)?.server?.holders ?? {};
  const newcomers = new Set(
    series
      .flatMap((line) => (line.at >= at - EARLY_MS ? (line.server?.joined ?? []) : []))
      .map((one) => one.pid),
  );
  const others = Object.entries(there).filter(
    ([other, { state }]) =>
      Number(other) !== pid &&
      !newcomers.has(Number(other)) &&
      !isGone(state) &&
      livesLater(series, Number(other), at),
  );
  return others.every(([other]) => heldNobody(before, other));
}

function livesLater(series: readonly ObservedLine[], pid: number, at: number): boolean {
  const last = series.findLast((line) => line.server?.holders[pid] !== undefined);
  return (
    last !== undefined &&
    last.at >= at &&
    !isGone(series.find((line) => line.at > at)?.server?.holders[pid]?.state)
  );
}

/** Its descriptors were as many all the time; not known: it may have held somebody. */
function heldNobody(series: readonly ObservedLine[], pid: string): boolean {
  let [least, most] = [Infinity, -Infinity];
  for (const { server } of series) {
    const descriptors = server?.holders[pid]?.descriptors;
    if (descriptors === undefined) continue;
    least = Math.min(least, descriptors);
    most = Math.max(most, descriptors);
  }
  return most >= least && most - least < SEVERAL;
}

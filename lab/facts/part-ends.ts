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

/** The end of one process of a server, and the connections cut with it. */
export interface PartEnd {
  pid: number;
  name?: string;
  /** When, ms since the epoch: as traced, or between the last sample with it and the first without. */
  from: number;
  at: number;
  /** Undefined: not known. */
  how?: HowEnded;
  /** Connections that ended with it: by its pid where the kernel shows whose they were, else by the moment. */
  cut: number;
  byPid: boolean;
  /** Those of them that are among the server's recorded ends. */
  ends: ServerEnd[];
  /** Another process has come since, and none of the older ones ever had users: so the new one took its place. */
  replaced?: true;
  /** It had let others take over its listener before. */
  left?: true;
}

/**
 * Fewer than these may each have ended just then by themselves. If lower, a process for each connection is said to take users with it. If
 * higher, a worker with few users is not found.
 */
const SEVERAL = 2;
/**
 * Where only the moment shows it: this many times more ends than usual in as long a time. If lower, a server that closes idle connections
 * all the time is accused.
 */
const BEYOND = 3;
/** How exact the events of one clock are, when two programs read them, ms. */
const CLOCK_MS = 5;
/** The usual ends are counted for this long before it, ms. */
const BEFORE_MS = 5000;
/** Where this many processes end, each had a connection of its own, and none took several with it. */
const MOST_ENDS = 200;
/** A process that takes its place may start this much earlier than the old one is seen gone, ms: as in a rolling restart. */
const EARLY_MS = 1000;

/**
 * The ends of a server's processes that took several connections with them. A process that exited in order, by all that is known, cut
 * only the connections that failed: it closed the others itself, when they were done.
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
    // When several end at once, each with one connection, none ended first; which ones the others took with them is not known.
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
 * Another process's signal ended it, as traced: then all that it had went with it, even one connection. For a process that exited or
 * failed, the end of its one connection may have come first.
 */
function isForced(how: HowEnded | undefined): boolean {
  return how?.by === 'tracefs' && how.signal !== undefined && how.ownDoing === undefined;
}

/** Is this moment, ms since the epoch, as near to the end of a process as things that happen together? */
export function isNear(time: number, { from, at }: Pick<PartEnd, 'from' | 'at'>): boolean {
  return time >= from - WITH_THE_END_MS && time <= at + WITH_THE_END_MS;
}

/** For each of these ends, the connections that the server's side closed near it, without short ones that were served. */
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

/** Where only the moment shows it: short connections that were served end all the time. */
function wasCut(line: ConnectionLine): boolean {
  return endedByServer(line) && !(wasAtOnce(line) && wasServed(line));
}

/** The processes of a server, including those that came later. */
export function holdersOf({ observer: { before, series } }: Evidence): HolderState[] {
  return [...(before?.server?.holders ?? []), ...series.flatMap(({ server }) => server?.joined ?? [])];
}

const isGone = (state: string | undefined) => state === 'gone' || state === 'Z';

/** Has another process taken its place? A supervisor that only keeps the listener never has more descriptors than at first. */
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

/** The number of its descriptors never changed; where that is not known, it may have had users. */
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

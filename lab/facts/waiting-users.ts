import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { failedAt } from './user-groups.ts';
import { looksOf, unreadFacts, type WaitingLook } from './waiting-looks.ts';

/** Why users of a server wait that has time for them. */
export type WaitKind =
  /** So many are served at once, and one is taken for each that leaves. */
  | 'one for each'
  /** Nobody is taken, though one has left, or nobody is served at all. */
  | 'nobody'
  /** The same of a process that was stopped (SIGSTOP). */
  | 'stopped'
  /** Nobody left, or the server did not notice it: it may be either. */
  | 'open';

/** A time in which somebody always waited, while those that would have served them were idle. Times are ms since the epoch. */
export interface WaitingFacts {
  kind: WaitKind;
  from: number;
  to: number;
  /** In the accept queue, or accepted and unread. */
  where: 'queue' | 'unread';
  /** So many waited at once, at most. */
  most: number;
  /** So many were served at once, at half of the looks or more. */
  level: number;
  /** How many were taken meanwhile, and how many of those that were served left. */
  taken: number;
  left: number;
  /** Nobody was taken for so long at the end of it, ms. */
  nobodyMs: number;
  /** The part of it in which the threads that would serve them were at work. */
  busy: number;
  /** Once one had been told to leave: how many were taken for it. */
  letOneGo?: { taken: number };
  /** Connections that waited in vain: their clients left before accept(2) took them, or they waited still at the end. */
  inVain: number;
  /** Did this user of ours wait there until it gave up? */
  has(user: UserLine): boolean;
}

/**
 * Shorter, somebody always waits at a busy server. Longer, and robots have given up before. A queue that is only too short is empty as soon as
 * the server gets round to it.
 */
const LONG_MS = 1000;
/** Of those that a limit lets in most come within this: before, their number says nothing. */
const SETTLED_MS = 300;
/** More, and it may be the processor that they wait for. Lower, and a limit of a server that works is missed. */
const IDLE = 0.5;
/**
 * Under a limit so much of it is in use at nearly all looks, and no more: between two, one has left and the next is not in yet; and rows are
 * read one after another, so that both may be seen.
 */
const IN_USE = { part: 0.75, above: 1.05, looks: 0.85 };
/** So many must have been taken in place of others that it is no chance. */
const SOME = 2;
/** Who takes nobody for so long, with nobody in, takes nobody. Shorter, and a pause is a dead loop; longer, and clients have given up. */
const NOBODY_MS = 2000;
/** So many looks after the last one was taken nobody else may have left. */
const QUIET_LOOKS = 2;
/** A look takes a while, and its time is that of its beginning. */
const LOOK_TAKES_MS = 200;
/** Once one was told to leave another is in after this, or nobody will be; the robots stay for a second. */
const SEEN_MS = 800;

/** Undefined: nobody waited for so long, or it was for a server at work, or who is served could not be counted. */
export function waitingFacts(evidence: Evidence, until: number): WaitingFacts | undefined {
  const series = evidence.observer.series.filter(({ at }) => at <= until);
  const looks = looksOf(series);
  const stretch = (where: WaitingFacts['where']) => longest(looks, (look) => look[where] > 0);
  const [queue, unread] = [stretch('queue'), stretch('unread')];
  if (lengthOf(queue) >= LONG_MS) return judged(evidence, series, queue, 'queue');
  return lengthOf(unread) >= LONG_MS ? judged(evidence, series, unread, 'unread') : undefined;
}

function longest(looks: readonly WaitingLook[], waits: (look: WaitingLook) => boolean): WaitingLook[] {
  let [best, now]: [WaitingLook[], WaitingLook[]] = [[], []];
  for (const look of looks) {
    now = waits(look) ? [...now, look] : [];
    if (lengthOf(now) > lengthOf(best)) best = now;
  }
  return best;
}

function lengthOf(looks: readonly WaitingLook[]): number {
  return (looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0);
}

function judged(
  evidence: Evidence,
  series: readonly ObservedLine[],
  looks: readonly WaitingLook[],
  where: WaitingFacts['where'],
): WaitingFacts | undefined {
  const [first, last] = [looks[0] as WaitingLook, looks.at(-1) as WaitingLook];
  const [from, to] = [first.at, last.at];
  const busy = busyWithin(series, from, to);
  if (busy !== undefined && busy > IDLE) return undefined;
  const taken = (look: WaitingLook) => (where === 'queue' ? look.taken : look.readLate);
  const served = (look: WaitingLook) => look.held - look.unread;
  const sum = (some: readonly WaitingLook[], of: (look: WaitingLook) => number) =>
    some.reduce((total, look) => total + of(look), 0);
  // What the first look shows came before it.
  const after = looks.slice(1);
  const settled = looks.filter(({ at }) => at >= from + SETTLED_MS);
  const level = [...settled.map(served)].sort((a, b) => a - b)[settled.length >> 1] ?? 0;
  const isAtIt = (look: WaitingLook) =>
    served(look) >= IN_USE.part * level && served(look) <= Math.max(level + 1, IN_USE.above * level);
  const inUse = settled.filter(isAtIt).length;
  const isFlat = level > 0 && inUse >= IN_USE.looks * settled.length;
  const lastTaken = after.findLastIndex((look) => taken(look) > 0);
  const tail = after.slice(lastTaken + 1);
  const nobodyMs = to - (after[lastTaken]?.at ?? from);
  const inTurn = sum(
    after.filter(({ at }) => at >= from + SETTLED_MS),
    taken,
  );
  const letOneGo = letGoWithin(evidence, looks, taken);
  const leftMeanwhile = sum(after, ({ left }) => left);
  const most = looks.reduce((sum, look) => Math.max(sum, look[where]), 0);
  const kind = (): WaitKind => {
    if (isStopped(looks, tail)) return 'stopped';
    if (busy === undefined) return 'open';
    if (letOneGo?.taken === 1 && isFlat) return 'one for each';
    // Who has been read may stay, and wait for its next answer.
    const inTheirPlace = where === 'unread' || inTurn <= leftMeanwhile + 1;
    if (isFlat && most >= SOME && inTurn >= SOME && inTheirPlace)
      if (nobodyMs < Math.max(NOBODY_MS, lengthOf(looks) / SOME)) return 'one for each';
    if (where === 'unread') return 'open';
    const nobodyIn = tail.every(({ held, unreleased }) => held + unreleased === 0);
    if (nobodyIn) return nobodyMs >= NOBODY_MS ? 'nobody' : 'open';
    if (letOneGo && letOneGo.taken > 0) return 'open';
    return hasLeft(tail, nobodyMs, letOneGo !== undefined) ? 'nobody' : 'open';
  };
  const is = kind();
  // It lets in one after another, whoever leaves: slow, or by a rate.
  if (is === 'open' && inTurn >= SOME && nobodyMs < NOBODY_MS) return undefined;
  return {
    kind: is,
    from,
    to,
    where,
    most,
    level,
    taken: sum(after, taken),
    left: leftMeanwhile,
    nobodyMs,
    busy: busy ?? 0,
    inVain: inVain(evidence, where, most),
    has: waiterIn(series, from, to, where),
    ...defined({ letOneGo }),
  };
}

/** The threads that would read were at work for that part, or a quota held them back; undefined: not known. */
function busyWithin(series: readonly ObservedLine[], from: number, to: number): number | undefined {
  const busy = unreadFacts(series).busy(from, to);
  if (busy === undefined) return undefined;
  const throttled = series.flatMap(({ at, server }) =>
    at < from || at > to || server?.throttledMs === undefined ? [] : server.throttledMs,
  );
  const heldBack = (throttled.at(-1) ?? 0) - (throttled[0] ?? 0);
  return Math.max(busy, heldBack / Math.max(1, to - from));
}

/** All the while a process of it stood still by a signal, and nobody was taken: or its own queue was not, while others took of theirs. */
function isStopped(looks: readonly WaitingLook[], tail: readonly WaitingLook[]): boolean {
  const stood = looks.filter(({ stopped }) => stopped);
  if (lengthOf(stood) < LONG_MS) return false;
  const since = tail.filter(({ stopped }) => stopped);
  return lengthOf(since) >= LONG_MS;
}

/**
 * One of those that were in has gone, and the server has closed it, or reads nobody of the many that a thread of it has: and nobody was taken
 * since.
 */
function hasLeft(tail: readonly WaitingLook[], nobodyMs: number, letOneGo: boolean): boolean {
  const [first, last] = [tail[0], tail.at(-1)];
  if (first === undefined || last === undefined) return false;
  // What left with the last that was taken may have made room for that one.
  const gone = tail.slice(QUIET_LOOKS).find(({ left }) => left > 0);
  if (gone === undefined || nobodyMs < LONG_MS) return false;
  if (last.at - gone.at < (letOneGo ? SEEN_MS : NOBODY_MS)) return false;
  const noticed = first.held + first.unreleased + first.left > last.held + last.unreleased;
  const ofAThread = last.threads !== undefined && last.held > last.threads;
  return noticed || ofAThread;
}

/** How many were taken within a second of the moment at which one was told to leave. */
function letGoWithin(
  { fleet }: Evidence,
  looks: readonly WaitingLook[],
  taken: (look: WaitingLook) => number,
): WaitingFacts['letOneGo'] {
  const at = fleet.phases.find(({ phase }) => phase === 'let-one-go')?.at;
  const last = looks.at(-1);
  if (at === undefined || last === undefined || last.at - at < SEEN_MS) return undefined;
  return { taken: looks.reduce((sum, look) => sum + (look.at > at - LOOK_TAKES_MS ? taken(look) : 0), 0) };
}

/** Of all connections: whom accept(2) took when its client had gone, after a while, or not at all; no more untold ones than `most`. */
function inVain({ ledger }: Evidence, where: WaitingFacts['where'], most: number): number {
  let [count, untold] = [0, 0];
  for (const line of connectionsOf(ledger)) {
    const { open, accepted, age, closedBy, complete, closed, wait, unread, sent } = line;
    if ((age?.is ?? 0) < LONG_MS) continue;
    const left = closedBy?.is === 'client';
    if (where === 'unread') {
      if ((unread?.is ?? 0) > 1 && (sent?.is ?? 0) === 0 && (open || left)) count += 1;
      continue;
    }
    const taken = complete && wait ? complete.is + wait.is : undefined;
    if (accepted?.is === false) count += open || left ? 1 : 0;
    // The kernel tells of each that is accepted; of one whose socket is there still it tells nothing else.
    else if (accepted === undefined) untold += left && complete?.by === 'tracefs' ? 1 : 0;
    else if (left && closed && taken !== undefined && taken >= closed.is) count += 1;
  }
  return count + Math.min(untold, most);
}

/** Users that gave up while they waited there, or whose SYN the full queue had no room for. */
function waiterIn(
  series: readonly ObservedLine[],
  from: number,
  to: number,
  where: WaitingFacts['where'],
): WaitingFacts['has'] {
  const ports = (name: 'came' | 'starved') => new Set(series.flatMap(({ server }) => server?.[name] ?? []));
  const [came, starved] = [ports('came'), ports('starved')];
  const takenAt = new Map<number, number>();
  for (const { at, server } of series) for (const port of server?.taken ?? []) takenAt.set(port, at);
  return (user) => {
    const { outcome, stage, stageUnknown, port, startedAt } = user;
    if (outcome !== 'timeout' || stage === 'open' || stageUnknown) return false;
    const end = failedAt(user);
    const shared = Math.min(end, to) - Math.max(startedAt, from);
    if (shared < (end - startedAt) / 2) return false;
    if (stage === 'connect' || port === undefined) return where === 'queue' && stage === 'connect';
    if (where === 'unread' || starved.has(port)) return starved.has(port);
    // Who was taken late has waited there for most of its time all the same.
    const taken = takenAt.get(port) ?? end;
    return taken - startedAt >= (end - startedAt) / 2 && (came.has(port) || stage === 'upgrade');
  };
}

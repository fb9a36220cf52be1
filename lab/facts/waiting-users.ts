import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectedNotOpen } from './stages.ts';
import { failedAt } from './user-groups.ts';
import { waitedForStopped } from './waited-for-stopped.ts';
import { leftByThemselves, servedThatLeft, waitedInVain } from './waited-in-vain.ts';
import { looksOf, starvedPorts, unreadFacts, type WaitingLook } from './waiting-looks.ts';

/** Why users wait for a server that has time. */
export type WaitKind =
  /** A fixed number is served at once, and one more for each that leaves. */
  | 'one for each'
  /** None is accepted or read, though one has left, or none is served at all. */
  | 'nobody'
  /** The same, with a process that was stopped (SIGSTOP). */
  | 'stopped'
  /** None left, or the server did not notice: it may be either. */
  | 'open';

/** A time in which a connection always waited while the threads that serve users were idle. Times are ms since the epoch. */
export interface WaitingFacts {
  kind: WaitKind;
  from: number;
  to: number;
  /** In the accept queue, or accepted and unread. */
  where: 'queue' | 'unread';
  /** The most that waited at once. */
  most: number;
  /** How many were served at once, in half of the samples or more. */
  level: number;
  /** How many were accepted or read in that time, and how many of the served ones left. */
  taken: number;
  left: number;
  /** None was accepted until some left; then this many were, whose clients had given up by then. */
  freed?: number;
  /** How long at its end none was accepted or read, ms. */
  nobodyMs: number;
  /** The part of it in which the threads that would serve them were at work. */
  busy: number;
  /** After one user was let go: how many were accepted or read in its place. */
  letOneGo?: { taken: number };
  /** Connections that waited in vain: their clients left before accept(2), or they still waited at the end. */
  inVain: number;
  /** Did this user wait there until it gave up? */
  has(user: UserLine): boolean;
}

/**
 * If shorter, a busy server has connections that always wait. If longer, robots have given up before. Ms. A queue that is only too short
 * is empty as soon as the server gets round to it.
 */
const LONG_MS = 1000;
/** Most users below a limit are accepted within this, ms: before that their number says nothing. */
const SETTLED_MS = 300;
/**
 * If the threads were at work for more than this, users may be waiting for the processor. If lower, a limit of a server that works is
 * missed.
 */
const IDLE = 0.5;
/**
 * Under a limit nearly all samples show this part of it in use, and no more: between two samples one has left and the next is not in yet;
 * and since rows are read one after another, both may be seen.
 */
const IN_USE = { part: 0.75, above: 1.05, looks: 0.85 };
/** This many must have been accepted in place of others, so that it is no chance. */
const SOME = 2;
/**
 * A server that accepts nobody for this long, with none open, does not accept, ms. If shorter, a pause is a dead loop. If longer, clients
 * have given up.
 */
const NOBODY_MS = 2000;
/** This many samples show the end of a wait: the table and the queue are read one after the other. */
const JUST_AFTER = 2;
/** For this many samples after the last accept none may have left. */
const QUIET_LOOKS = 2;
/** How long a sample takes, ms; its time is that of its beginning. */
const LOOK_TAKES_MS = 200;
/** After one user was let go another one is in by this time, ms, or none will be; the robots stay for a second. */
const SEEN_MS = 800;

/** Undefined: none waited that long, or the server was at work, or the served ones could not be counted. */
export function waitingFacts(evidence: Evidence, until: number): WaitingFacts | undefined {
  const series = evidence.observer.series.filter(({ at }) => at <= until);
  const looks = looksOf(series);
  const queue = longest(looks, ({ places }) => places);
  const unread = longest(looks, (look) => look.unread);
  if (lengthOf(queue.looks) >= LONG_MS) return judged(evidence, series, queue, 'queue');
  return lengthOf(unread.looks) >= LONG_MS ? judged(evidence, series, unread, 'unread') : undefined;
}

/** Consecutive samples with waiting connections, and those just after them. */
interface Stretch {
  looks: readonly WaitingLook[];
  next: readonly WaitingLook[];
}

function longest(all: readonly WaitingLook[], waiting: (look: WaitingLook) => number): Stretch {
  let [from, to, best] = [0, 0, 0];
  let start: number | undefined;
  for (const [index, look] of all.entries()) {
    if (waiting(look) === 0) start = undefined;
    else {
      start ??= index;
      const length = look.at - (all[start] as WaitingLook).at;
      if (length > best) [from, to, best] = [start, index + 1, length];
    }
  }
  return { looks: all.slice(from, to), next: all.slice(to, to + JUST_AFTER) };
}

function lengthOf(looks: readonly WaitingLook[]): number {
  return (looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0);
}

const sumOf = (looks: readonly WaitingLook[], of: (look: WaitingLook) => number) =>
  looks.reduce((total, look) => total + of(look), 0);

function judged(
  evidence: Evidence,
  series: readonly ObservedLine[],
  stretch: Stretch,
  where: WaitingFacts['where'],
): WaitingFacts | undefined {
  const { looks } = stretch;
  const [first, last] = [looks[0] as WaitingLook, looks.at(-1) as WaitingLook];
  const busy = busyWithin(series, first.at, last.at);
  const inQueue = where === 'queue';
  const standsStill = inQueue ? waitedForStopped(evidence, { from: first.at, to: last.at }) : 0;
  // Other threads at work have queues of their own, and accept none from this one.
  if (busy !== undefined && busy > IDLE && standsStill === 0) return undefined;
  const taken = (look: WaitingLook) => (inQueue ? look.taken : look.readLate);
  // The first sample shows what happened before it.
  const after = looks.slice(1);
  // Once all waiting clients have gone, a server that checks every second or so need not have noticed that there is room.
  const wantedUntil = Math.max(looks.findLast((look) => look[where] > 0)?.at ?? 0, last.at - NOBODY_MS);
  const { level, isFlat } = levelOf(
    looks.filter(({ at }) => at <= wantedUntil),
    where,
  );
  // Connections whose clients had left are accepted as well; only the queue shows that.
  const anyTaken = (look: WaitingLook) => taken(look) + (inQueue ? look.cleared : 0);
  const lastTaken = after.findLastIndex((look) => anyTaken(look) > 0);
  const tail = after.slice(lastTaken + 1);
  const nobodyMs = last.at - (after[lastTaken]?.at ?? first.at);
  const atEnd = inQueue ? [] : readAtEnd(evidence, stretch, level);
  // A server that stood still and goes on accepts all of them at once; under a limit others go on waiting.
  const settled = after.filter(({ at }) => at >= first.at + SETTLED_MS && at <= last.at - SETTLED_MS);
  const letOneGo = letGoWithin(evidence, looks, taken);
  const lastTurn = after.findLast((look) => taken(look) > 0)?.at ?? first.at;
  const isFreed =
    inQueue && isFlat && sumOf(settled, taken) === 0 && isFreedByLeaving(evidence, stretch, level);
  const counted = isFreed
    ? [...after, ...stretch.next]
    : [...after.filter(({ at }) => at <= lastTurn || at < last.at - SETTLED_MS), ...atEnd];
  const left = sumOf(counted, (look) => (inQueue ? look.released : look.left));
  // The queue is read after the table: a connection that was accepted in between, and is gone by the next sample, shows only by its
  // place.
  const [seen, places] = [sumOf([...settled, ...atEnd], taken), sumOf(settled, anyTaken)];
  const inTurn = inQueue && places <= left + 1 ? places : seen;
  const most = looks.reduce((sum, look) => Math.max(sum, look[where]), 0);
  const kind = (): WaitKind => {
    if (standsStill > 0 || isStopped(looks, tail)) return 'stopped';
    if (busy === undefined) return 'open';
    if (letOneGo?.taken === 1 && isFlat) return 'one for each';
    // A connection that has been read may stay, and wait for its next answer.
    const inTheirPlace = !inQueue || inTurn <= left + 1;
    // Connections that leave at the last moment, such as all at the end of a load, cannot have been replaced.
    const full = tail[0] ? placesAt(tail[0], where) : 0;
    const isFull = tail.every((look) => look.at >= wantedUntil - SETTLED_MS || placesAt(look, where) >= full);
    const goesOn = isFull || atEnd.length > 0 || nobodyMs < Math.max(NOBODY_MS, lengthOf(looks) / SOME);
    if (isFlat && most >= SOME && inTurn >= SOME && inTheirPlace && goesOn) return 'one for each';
    if (!inQueue) return 'open';
    if (isFreed) return 'one for each';
    const nobodyIn = tail.every(({ held, unreleased }) => held + unreleased === 0);
    if (nobodyIn) return nobodyMs >= NOBODY_MS ? 'nobody' : 'open';
    if (letOneGo && letOneGo.taken > 0) return 'open';
    return hasLeft(tail, nobodyMs, letOneGo !== undefined) ? 'nobody' : 'open';
  };
  const is = kind();
  // It accepts one after another, whoever leaves: it is slow, or has a rate.
  if (is === 'open' && inTurn >= SOME && nobodyMs < NOBODY_MS) return undefined;
  const alive = looks.filter((look) => look[where] > 0);
  const [from, to] = [alive[0]?.at ?? first.at, alive.at(-1)?.at ?? last.at];
  return {
    kind: is,
    from,
    to,
    where,
    most,
    level,
    taken: sumOf([...after, ...atEnd], taken),
    left,
    nobodyMs,
    busy: busy ?? 0,
    inVain: Math.max(standsStill, waitedInVain(evidence, where, most)),
    has: waiterIn(series, from, to, where),
    ...defined({ letOneGo, freed: isFreed ? sumOf(counted, ({ cleared }) => cleared) : undefined }),
  };
}

/** The connections that are served. */
function servedAt(look: WaitingLook, where: WaitingFacts['where']): number {
  return placesAt(look, where) - (where === 'queue' ? look.unread : 0);
}

/** The places in use: a connection whose client has gone has its own until the server notices; one with unread data has none. */
function placesAt({ held, unread, unreleased }: WaitingLook, where: WaitingFacts['where']): number {
  return where === 'queue' ? held + unreleased : held - unread;
}

/** How many were served at once, in half of the samples or more, and whether it was always so. */
function levelOf(
  looks: readonly WaitingLook[],
  where: WaitingFacts['where'],
): { level: number; isFlat: boolean } {
  const settled = looks.filter(({ at }) => at >= (looks[0]?.at ?? 0) + SETTLED_MS);
  const served = settled.map((look) => servedAt(look, where));
  const level = [...served].sort((a, b) => a - b)[settled.length >> 1] ?? 0;
  const most = Math.max(level + 1, IN_USE.above * level);
  const inUse = served.filter((now) => now >= IN_USE.part * level && now <= most).length;
  return { level, isFlat: level > 0 && inUse >= IN_USE.looks * settled.length };
}

/** Does it hold in most of the samples? */
function mostly(looks: readonly WaitingLook[], is: (look: WaitingLook) => boolean): boolean {
  return looks.filter(is).length >= IN_USE.looks * looks.length;
}

/**
 * The samples just after a time in which a server went on accepting and did not read, if no more were read then than served connections
 * had left; else none. A server that stands still as a whole does not accept either.
 */
function readAtEnd(evidence: Evidence, { looks, next }: Stretch, level: number): readonly WaitingLook[] {
  const [last, end] = [looks.at(-1), next.at(-1)];
  if (last === undefined || end === undefined || servedAt(end, 'unread') > level) return [];
  const accepts = sumOf(looks.slice(1), ({ taken }) => taken) >= SOME;
  if (!accepts || !mostly(looks, ({ places }) => places === 0)) return [];
  const read = sumOf([...looks, ...next], ({ readLate }) => readLate);
  const firstRead = looks.find(({ readLate }) => readLate > 0) ?? last;
  const from = firstRead.at - LOOK_TAKES_MS;
  return servedThatLeft(evidence, from, end.at) >= read ? next : [];
}

/**
 * None was accepted until some left on their own; then the waiting ones were, and no more were served at once than before. By then the
 * clients of all of them may have gone. A server that stood still and goes on does not wait for a client to leave.
 */
function isFreedByLeaving(evidence: Evidence, { looks, next }: Stretch, level: number): boolean {
  const from = looks[0]?.at ?? 0;
  const all = [...looks, ...next].filter(({ at }) => at >= from + SETTLED_MS);
  const freed = all.findIndex(({ taken, cleared }) => taken + cleared > 0);
  const left = all.findIndex(({ released }) => released > 0);
  const [first, last] = [all[Math.min(freed, left) - 1], all[Math.max(freed, left)]];
  if (first === undefined || last === undefined || Math.abs(left - freed) > 1) return false;
  // The open connections were not answered either: the server stood still, and was not full.
  if (last.at - from < LONG_MS || !mostly(looks, ({ unread }) => unread === 0)) return false;
  if (all.slice(freed).some((look) => servedAt(look, 'queue') > level)) return false;
  return leftByThemselves(evidence, first.at, last.at);
}

/** The part in which the threads that would read were at work, or a quota held them back; undefined: not known. */
function busyWithin(series: readonly ObservedLine[], from: number, to: number): number | undefined {
  const busy = unreadFacts(series).busy(from, to);
  if (busy === undefined) return undefined;
  const throttled = series.flatMap(({ at, server }) =>
    at < from || at > to || server?.throttledMs === undefined ? [] : server.throttledMs,
  );
  const heldBack = (throttled.at(-1) ?? 0) - (throttled[0] ?? 0);
  return Math.max(busy, heldBack / Math.max(1, to - from));
}

/**
 * A process was stopped by a signal all the time, and none was accepted: or its own queue did not move, while others accepted from
 * theirs.
 */
function isStopped(looks: readonly WaitingLook[], tail: readonly WaitingLook[]): boolean {
  const stood = looks.filter(({ stopped }) => stopped);
  if (lengthOf(stood) < LONG_MS) return false;
  const since = tail.filter(({ stopped }) => stopped);
  return lengthOf(since) >= LONG_MS;
}

/**
 * An open connection has gone and the server has closed it, or it reads none of the many that one of its threads has: and none was
 * accepted since.
 */
function hasLeft(tail: readonly WaitingLook[], nobodyMs: number, letOneGo: boolean): boolean {
  const [first, last] = [tail[0], tail.at(-1)];
  if (first === undefined || last === undefined) return false;
  // A connection that left with the last accept may have made room for that one.
  const gone = tail.slice(QUIET_LOOKS).find(({ left }) => left > 0);
  if (gone === undefined || nobodyMs < LONG_MS) return false;
  if (last.at - gone.at < (letOneGo ? SEEN_MS : NOBODY_MS)) return false;
  const noticed = first.held + first.unreleased + first.left > last.held + last.unreleased;
  const ofAThread = last.threads !== undefined && last.held > last.threads;
  return noticed || ofAThread;
}

/** How many were accepted or read within a second after one user was let go. */
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

/** Users that gave up while they waited there, or whose SYN found the queue full. */
function waiterIn(
  series: readonly ObservedLine[],
  from: number,
  to: number,
  where: WaitingFacts['where'],
): WaitingFacts['has'] {
  const came = new Set(series.flatMap(({ server }) => server?.came ?? []));
  const starved = starvedPorts(series);
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
    // A user that was accepted late waited there for most of its time all the same.
    const taken = takenAt.get(port) ?? end;
    return taken - startedAt >= (end - startedAt) / 2 && (came.has(port) || connectedNotOpen(stage));
  };
}

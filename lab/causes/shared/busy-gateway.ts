import { count, duration, percent } from '../../../common/format.ts';
import { largest, smallest } from '../../facts/numbers.ts';
import { once } from '../../facts/once.ts';
import { connectedNotOpen } from '../../facts/stages.ts';
import { expecting, type Facts, failedAt, type Item, item, serverWord, type UserLine } from './cause.ts';
import { type Depth, surely, windowAt } from './depth.ts';

/** What the causes of a gateway that answers too late have in common. */

/**
 * A server at work for this part of a user's wait served as many users as it could: a longer queue would not have helped. If lower, a
 * server with time left is called slow. If higher, a slow server that shares its core is not.
 */
const BUSY = 0.9;

/**
 * A server held back by its quota for this part of a wait could have served half as many users again without it. If lower, users are
 * attributed to a quota that hardly mattered. If higher, they are attributed to a slow event loop that a larger quota would have helped.
 */
export const THROTTLED = 1 / 3;

/**
 * Where other programs take the processor, the quota lasts longer. So less time held back is enough, if the quota was used up. If lower,
 * users of a gateway that its neighbours slow down are attributed to its quota.
 */
const HELD_BACK = 0.1;
const USED_UP = 0.8;

/**
 * A gateway that served nobody for this part of a wait stood still; it was not busy with other users. If lower, a slow gateway with few
 * users is said to stand still. If higher, a stall is called slowness.
 */
const STALL = 0.5;

/** Data must lie unread for this part of a wait. If lower, one sample is enough. If higher, a queue that refills in waves is missed. */
const UNREAD = 0.5;

/**
 * The threads that read must be at work for this part of a wait. If lower, a thread that computes beside them is taken for one of them. If
 * higher, a loop that shares its core does not count as busy.
 */
const READERS_BUSY = 0.7;

/**
 * Own work that takes this part of the time of a busy loop is what users wait for, not TLS. If lower, a loop with as much work as TLS is
 * said to be busy with handshakes. If higher, slow upgrades are taken for slow handshakes.
 */
const OWN_WORK = 0.5;

/**
 * Handshakes that were completed must account for this part of the CPU time of a server that is not ours. Others were begun for users who gave
 * up, so they are never all of it. If lower, a server that computes something else is said to be busy with TLS. If higher, one whose users
 * give up in the middle is not named.
 */
const HANDSHAKEN = 0.3;

/** The user gave up before it was open, in whatever stage. */
function gaveUp(user: UserLine): boolean {
  return user.outcome === 'timeout' && user.stage !== 'open';
}

/**
 * For a server that is not ours: was data of clients unread, or were connections in its queue, for most of this user's wait? A user whose
 * request was read and not answered waits for something else. Where nobody could look the answer is no.
 */
export function layUnread(user: UserLine, { outside }: Facts): boolean {
  if (outside === undefined) return true;
  return (outside.unread.part(user.startedAt, failedAt(user)) ?? 0) >= UNREAD;
}

/** For a server that is not ours: were the threads that read requests at work? Threads that compute beside them keep nobody waiting. */
export function readersWorked(user: UserLine, { outside }: Facts): boolean {
  return (outside?.unread.busy(user.startedAt, failedAt(user)) ?? 1) >= READERS_BUSY;
}

/** The user waited for a server that was at work all the time since then. */
function waitedForWork(user: UserLine, facts: Facts, from = user.startedAt): boolean {
  const idle = (facts.loop.busy(from, failedAt(user))?.part ?? 0) < BUSY;
  if (!gaveUp(user) || foundItFull(user, facts) || idle) return false;
  return layUnread(user, facts) && readersWorked(user, facts);
}

/**
 * The user waited all the time for an event loop that was busy with one user after another. Not for one that was busy with handshakes; and
 * undefined for a user in the TLS handshake of a server that is not ours, where nobody knows what a handshake costs it.
 */
export function waitedForBusyLoop(user: UserLine, facts: Facts): boolean | undefined {
  const [from, to] = [user.startedAt, failedAt(user)];
  const waited = waitedForWork(user, facts) && facts.loop.served(from, to).gapMs < STALL * (to - from);
  if (!waited || facts.outside === undefined) return waited;
  if (facts.userCost === undefined) return user.stage === 'tls' ? undefined : waited;
  return user.stage === 'tls' ? !handshakesCostMost(facts.userCost) : !handshakesKeptBusy(facts);
}

/** The same, and TLS handshakes were what kept it busy: its own work took less than half of the time. */
export function waitedForHandshakes(user: UserLine, facts: Facts): boolean {
  // Before it is connected there is nothing to be done for it.
  const [from, to] = [user.startedAt + (user.connectedMs ?? 0), failedAt(user)];
  if (facts.outside) return waitedInHandshake(user, facts);
  if (!waitedForWork(user, facts, from)) return false;
  const tls = facts.loop.tls(from, to);
  return tls !== undefined && tls.gapMs < STALL * (to - from) && tls.own < OWN_WORK;
}

/**
 * The user gave up connected, and not open, at a server that is not ours, which was at work all the time since then, with handshakes: whoever
 * has its own behind it waits for those of others.
 */
function waitedInHandshake(user: UserLine, facts: Facts): boolean {
  if (!connectedNotOpen(user.stage) || !gaveUp(user) || foundItFull(user, facts)) return false;
  const from = user.startedAt + (user.connectedMs ?? 0);
  if ((facts.loop.busy(from, failedAt(user))?.part ?? 0) < BUSY) return false;
  return handshakesKeptBusy(facts);
}

/** One handshake costs a server that is not ours more than all else that it does for a user, and handshakes were what it did. */
function handshakesKeptBusy(facts: Facts): boolean {
  const { userCost } = facts;
  if (userCost === undefined || !handshakesCostMost(userCost)) return false;
  return (handshakenPart(facts) ?? 0) >= HANDSHAKEN;
}

function handshakesCostMost({ handshakeMs, requestMs }: NonNullable<Facts['userCost']>): boolean {
  return requestMs < OWN_WORK * (handshakeMs + requestMs);
}

/** The part of the server's CPU time that completed handshakes account for while users waited; undefined: not known. */
const handshakenPart = once((facts: Facts): number | undefined => {
  const wait = waitOf(facts);
  const cpu = wait && facts.loop.cpu(wait.from, wait.to);
  if (wait === undefined || cpu === undefined || facts.userCost === undefined) return undefined;
  return (
    (facts.loop.secured(wait.from, wait.to) * facts.userCost.handshakeMs) / (cpu * (wait.to - wait.from))
  );
});

/** Did the server's CPU quota make this user wait? A process is held back only when its quota is used up. */
export function waitedForQuota(user: UserLine, facts: Facts): boolean {
  if (!gaveUp(user) || foundItFull(user, facts)) return false;
  const [from, to] = [user.startedAt, failedAt(user)];
  if (!layUnread(user, facts)) return false;
  const throttled = facts.loop.throttled(from, to) ?? 0;
  if (throttled >= THROTTLED) return true;
  return throttled >= HELD_BACK && (facts.loop.quotaUsed(from, to) ?? 0) >= USED_UP;
}

/**
 * How near its wait and the gateway's own times must be for a claim on all of the wait: a loop need not be busy for the rest of it. For
 * our own gateway, which alone may have another clock.
 */
export function busyWindowMs(user: UserLine, facts: Facts): number | undefined {
  const [from, to] = [user.startedAt, failedAt(user)];
  const served = STALL * (to - from) - facts.loop.served(from, to).gapMs;
  // Those who became open may have been told by another clock, before it and after it.
  const depth = Math.min(workDepth(user, facts, from), served / 2);
  return windowAt(depth, (1 - BUSY) * (to - from));
}

/** The same for handshakes, which take a user's time once it is connected. */
export function handshakeWindowMs(user: UserLine, facts: Facts): number | undefined {
  const [from, to] = [user.startedAt + (user.connectedMs ?? 0), failedAt(user)];
  const own = partDepth(facts, from, to, OWN_WORK, (at, until) => facts.loop.tls(at, until)?.own);
  const gap = STALL * (to - from) - (facts.loop.tls(from, to)?.gapMs ?? 0);
  // Its own work must be less than that part.
  const depth = Math.min(workDepth(user, facts, from), own === Number.NEGATIVE_INFINITY ? own : -own, gap);
  return windowAt(depth, (1 - BUSY) * (to - from));
}

/** The same for a quota: the least part of the wait for which it held the gateway back. */
export function quotaWindowMs(user: UserLine, facts: Facts): number | undefined {
  const [from, to] = [user.startedAt, failedAt(user)];
  const { loop } = facts;
  const throttled = (part: number) => partDepth(facts, from, to, part, loop.throttled);
  const used = partDepth(facts, from, to, USED_UP, loop.quotaUsed);
  const depth = Math.min(
    roomDepth(user, facts),
    Math.max(throttled(THROTTLED), Math.min(throttled(HELD_BACK), used)),
  );
  return windowAt(depth, HELD_BACK * (to - from));
}

function workDepth(user: UserLine, facts: Facts, from: number): Depth {
  const busy = partDepth(facts, from, failedAt(user), BUSY, (at, to) => facts.loop.busy(at, to)?.part);
  return Math.min(roomDepth(user, facts), busy);
}

/** Whether it gave up, and a descriptor was left for it. */
function roomDepth(user: UserLine, { descriptors, gap, outside }: Facts): Depth {
  if (!gaveUp(user) || gap !== undefined || outside !== undefined) return surely(false);
  return descriptors?.full === undefined ? surely(true) : descriptors.full.from - failedAt(user);
}

/** Whether something took this part of a wait, or more. Nobody knows where the samples reach so far only by one of the clocks. */
function partDepth(
  { clockErrorMs: error }: Facts,
  from: number,
  to: number,
  least: number,
  partOf: (from: number, to: number) => number | undefined,
): Depth {
  const part = partOf(from, to);
  const others = [-error, -error / 2, error / 2, error].map((ms) => partOf(from + ms, to + ms));
  if ([part, ...others].every((one) => one === undefined)) return surely(false);
  if (part === undefined || others.includes(undefined)) return 0;
  return (part - least) * (to - from);
}

/** No descriptor was left for this user, or nobody knows: then a faster loop would not have served it either. */
function foundItFull(user: UserLine, { descriptors, gap }: Facts): boolean {
  if (gap !== undefined) return true;
  return descriptors?.full !== undefined && failedAt(user) >= descriptors.full.from;
}

/** From the first start to the last end of the users who gave up; undefined: nobody did. */
export const waitOf = once(({ failed }: Facts): { from: number; to: number } | undefined => {
  const waiting = failed.filter(gaveUp);
  if (waiting.length === 0) return undefined;
  return {
    from: smallest(waiting.map(({ startedAt }) => startedAt)),
    to: largest(waiting.map(failedAt), 0),
  };
});

/** How busy the server was while users waited; `null` measured: not known, or nobody waited. */
export function busyItem(facts: Facts): Item {
  const wait = waitOf(facts);
  const busy = wait && facts.loop.busy(wait.from, wait.to);
  const name = 'at work while users waited';
  if (wait === undefined)
    return item('gateway lines', name, null, null, `no user gave up waiting for the ${serverWord(facts)}`);
  if (busy === undefined) return item('gateway lines', name, null, null, 'not known for that time');
  const waited = duration(wait.to - wait.from);
  const says = `the ${serverWord(facts)} was at work for ${percent(busy.part)} of the ${waited} in which users waited`;
  const measured = item(busy.read, name, null, Math.round(busy.part * 1000) / 1000, says, BUSY);
  return expecting(measured, 'a server with time for its users is idle most of the time');
}

/** How fast the server served the other users. */
export function rateItem(facts: Facts): Item | undefined {
  const wait = waitOf(facts);
  if (wait === undefined) return undefined;
  const { users, gapMs } = facts.loop.served(wait.from, wait.to);
  const each = users > 0 ? `, one every ${duration((wait.to - wait.from) / users)}` : '';
  const says = `${count(users, 'user')} became open in that time${each}; the longest gap was ${duration(gapMs)}`;
  return expecting(
    item('robots', 'became open', 0, users, says),
    'no user becomes open while a server stands still',
  );
}

/** How much of a core the server had. */
export function cpuItem(facts: Facts): Item | undefined {
  const wait = waitOf(facts);
  const cpu = wait && facts.loop.cpu(wait.from, wait.to);
  if (cpu === undefined) return undefined;
  const says = `the ${serverWord(facts)} used ${percent(cpu)} of one core in that time`;
  return item('stat', 'CPU, of one core', null, Math.round(cpu * 1000) / 1000, says);
}

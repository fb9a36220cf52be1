import { count, duration } from '../../../common/format.ts';
import type { Cut } from '../../facts/gateway-closes-and-stalls.ts';
import { connectedNotOpen } from '../../facts/stages.ts';
import { type Stall, stallsWithin } from '../../facts/stalls.ts';
import { type Facts, failedAt, type Item, item, type UserLine, wasCut } from './cause.ts';
import { type Depth, deepest, surely, windowAt } from './depth.ts';

/** What the causes share in which a clock of the gateway ends users. */

/**
 * A wait is attributed to a stall that was half of it or more: anything else was less. If lower, a short stall beside another cause is
 * blamed. If higher, users that had waited before the stall began are attributed to nothing.
 */
const MOST = 0.5;

/**
 * A pong is read within a fraction of the interval, unless a stall takes nearly all of the interval. If lower, peers that answer no pings
 * are attributed to a stall at the same time. If higher, a reaper that was late itself goes free.
 */
const NEARLY_ALL = 0.8;

/** This many bets within one turn of the event loop are a herd. If lower, chance counts as a herd. If higher, a small herd is missed. */
const MANY = 10;

/** How the gateway itself ended this user's connection, if it did. */
export function cutOf(user: UserLine, { cuts }: Facts): Cut | undefined {
  return cuts.get(user);
}

/**
 * The stall that made a clock of the gateway end this user: timers run before the data is read that arrived during the stall.
 * Undefined: without a stall the clock would have ended the user as well.
 */
export function heldUpBy(user: UserLine, facts: Facts): Stall | undefined {
  const { limits } = facts;
  const cut = cutOf(user, facts);
  if (cut?.stall === undefined) return undefined;
  const clocks: Partial<Record<Cut['reason'], number>> = {
    heartbeat: limits.heartbeat * limits.misses * NEARLY_ALL,
    'idle-timeout': limits.idle * MOST,
    'handshake-timeout': limits.handshake * MOST,
  };
  return cut.stall.ms >= (clocks[cut.reason] ?? Infinity) ? cut.stall : undefined;
}

/** A clock of the gateway ended this user while a herd's bets blocked the event loop. */
export function heldUpByHerd(user: UserLine, facts: Facts): boolean {
  const stall = heldUpBy(user, facts);
  return facts.betting.mode === 'herd' && stall?.bets !== undefined && isOfBets(stall);
}

/** Many bets made the stall this long, and not one block. Where the gateway does not report them, the answer is yes. */
export function isOfBets({ ms, bets = MANY, blockMs = 0 }: Stall): boolean {
  return bets >= MANY && blockMs < ms * MOST;
}

/** The user gave up, and a stall of this length was most of its wait. */
export function keptWaiting(user: UserLine, stalledMs: number): boolean {
  return user.outcome === 'timeout' && stalledMs >= halfOfItsWaitMs(user);
}

/** The one block of the event loop that kept this user waiting in the upgrade until it gave up, ms. */
export function keptWaitingMs(user: UserLine, { stalls, gateway: { stoppedMs } }: Facts): number | undefined {
  if (user.outcome !== 'timeout' || !connectedNotOpen(user.stage) || user.stageUnknown) return undefined;
  const blocks = stallsWithin(stalls, user.startedAt, failedAt(user));
  const ms = Math.max(stoppedMs, ...blocks.map((stall) => stall.blockMs ?? stall.ms));
  return ms > 0 && keptWaiting(user, ms) ? ms : undefined;
}

/** How near in time the two must be: the part of its wait that the block must be. For our own gateway. */
export function stallWindowMs(user: UserLine, facts: Facts): number | undefined {
  const { gateway, outside } = facts;
  if (outside || user.outcome !== 'timeout' || !connectedNotOpen(user.stage) || user.stageUnknown)
    return undefined;
  // It was stopped for so long that it does not matter when.
  const stood = surely(gateway.stoppedMs > 0 && keptWaiting(user, gateway.stoppedMs));
  const block = stallDepth(user, facts, ({ ms, blockMs = ms }) => keptWaiting(user, blockMs));
  return windowAt(Math.max(stood, block), halfOfItsWaitMs(user));
}

/** The same for a turn of the loop in which others were let in. */
export function letInWindowMs(user: UserLine, facts: Facts): number | undefined {
  const turn = stallDepth(user, facts, (stall) => letsOthersIn(user, stall));
  return windowAt(turn, halfOfItsWaitMs(user));
}

/** Whether such a stall was within the user's wait, if only in part. */
function stallDepth(
  user: UserLine,
  { stalls, clockErrorMs: error }: Facts,
  isSuch: (stall: Stall) => boolean,
): Depth {
  const [from, to] = [user.startedAt, failedAt(user)];
  const near = stallsWithin(stalls, from - error, to + error).filter(isSuch);
  return deepest(near.map(({ at, ms }) => Math.min(at - from, to - (at - ms))));
}

function halfOfItsWaitMs({ endedMs = 0 }: UserLine): number {
  return MOST * endedMs;
}

/**
 * If this many users became open within one long turn of the event loop, the gateway went on serving. If lower, a stall after which one
 * user becomes open does not count as a stall.
 */
const WENT_ON = 10;

/** Others became open during the turn of the event loop that kept this user waiting: the gateway was slow, but did not stand still. */
export function othersWereLetIn(user: UserLine, { stalls }: Facts): boolean {
  return stallsWithin(stalls, user.startedAt, failedAt(user)).some((stall) => letsOthersIn(user, stall));
}

function letsOthersIn(user: UserLine, { ms, upgrades = 0, blockMs = ms }: Stall): boolean {
  return upgrades >= WENT_ON && !keptWaiting(user, blockMs) && keptWaiting(user, ms);
}

/** What the gateway logged about its closes for one reason: the shortest and the longest age. */
export function agesItem(facts: Facts, reason: Cut['reason'], limit: number): Item {
  const ages = [...facts.cuts.values()]
    .filter((cut) => cut.reason === reason)
    .map(({ ageMs }) => ageMs)
    .sort((a, b) => a - b);
  const [first = null, last = null] = [ages[0], ages.at(-1)];
  const says =
    first === null || last === null
      ? `the gateway closed no connection with the reason ${reason}`
      : `the gateway closed ${count(ages.length, 'connection')} with the reason ${reason}, ${duration(first)} to ${duration(last)} after accept`;
  return item('gateway lines', `age of those closed: ${reason} (ms)`, first, last, says, limit);
}

/** The longest stall just before the gateway closed connections for this reason, and how many bets were handled in it. */
export function stallItem(facts: Facts, reason: Cut['reason'], limit: number): Item {
  const held = [...facts.cuts.values()].flatMap((cut) =>
    cut.reason === reason && cut.stall ? cut.stall : [],
  );
  const [longest] = held.sort((a, b) => b.ms - a.ms);
  const ms = Math.round(longest?.ms ?? 0);
  const busy = longest?.bets === undefined ? '' : `, with ${count(longest.bets, 'bet')} handled in that time`;
  const says = `the event loop was blocked for ${duration(ms)} before those closes${busy}`;
  return item('gateway lines', 'event loop delay at those closes (ms)', null, ms, says, limit);
}

/** An open user ended without notice, as a clock would end it. */
export function cutWhileOpen(user: UserLine): boolean {
  return user.stage === 'open' && wasCut(user);
}

import { count, duration } from '../../../common/format.ts';
import type { Cut } from '../../facts/gateway-closes-and-stalls.ts';
import { type Stall, stallsWithin } from '../../facts/stalls.ts';
import { type Facts, failedAt, type Item, item, type UserLine, wasCut } from './cause.ts';

/** What the causes have in common that the gateway's own clocks bring about. */

/**
 * A wait is laid to a stall that was half of it or more: what else there was is less. Lower, and a short stall beside another cause
 * is blamed; higher, and users that had waited for a while before the stall began are nobody's.
 */
const MOST = 0.5;

/**
 * A pong is read within a fraction of the interval, unless the stall was nearly all of it. Lower, and peers that answer no pings are
 * laid to a stall beside; higher, and a reaper that was late itself goes free.
 */
const NEARLY_ALL = 0.8;

/** So many bets within one turn of the event loop are a herd. Lower, and chance is taken for one; higher, and a small herd is missed. */
const MANY = 10;

/** How the gateway itself ended this user's connection, if it did. */
export function cutOf({ port }: UserLine, { cuts }: Facts): Cut | undefined {
  return port === undefined ? undefined : cuts.get(port);
}

/**
 * The stall that made a clock of the gateway end this user: timers run before what has arrived meanwhile is read.
 * Undefined: the clock would have ended it as well without.
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

/** A clock of the gateway ended this user while a herd's bets held the event loop. */
export function heldUpByHerd(user: UserLine, facts: Facts): boolean {
  const stall = heldUpBy(user, facts);
  return facts.betting.mode === 'herd' && stall?.bets !== undefined && isOfBets(stall);
}

/** Many bets made it so long, and not one block; where the gateway does not tell, it may have been. */
export function isOfBets({ ms, bets = MANY, blockMs = 0 }: Stall): boolean {
  return bets >= MANY && blockMs < ms * MOST;
}

/** It gave up, and such a stall was most of its wait. */
export function keptWaiting({ outcome, endedMs = 0 }: UserLine, stalledMs: number): boolean {
  return outcome === 'timeout' && stalledMs >= MOST * endedMs;
}

/** The one block of the event loop that kept this user waiting in the upgrade until it gave up, ms. */
export function keptWaitingMs(user: UserLine, { stalls, gateway: { stoppedMs } }: Facts): number | undefined {
  if (user.outcome !== 'timeout' || user.stage !== 'upgrade' || user.stageUnknown) return undefined;
  const blocks = stallsWithin(stalls, user.startedAt, failedAt(user));
  const ms = Math.max(stoppedMs, ...blocks.map((stall) => stall.blockMs ?? stall.ms));
  return ms > 0 && keptWaiting(user, ms) ? ms : undefined;
}

/** So many let in within one long turn of the event loop, and it went on serving. Lower, and a stall that lets one in at its end is none. */
const WENT_ON = 10;

/** The turn of the event loop that kept this user waiting let others in all the while: the gateway was slow, and did not stand still. */
export function othersWereLetIn(user: UserLine, { stalls }: Facts): boolean {
  return stallsWithin(stalls, user.startedAt, failedAt(user)).some(
    ({ ms, upgrades = 0, blockMs = ms }) =>
      upgrades >= WENT_ON && !keptWaiting(user, blockMs) && keptWaiting(user, ms),
  );
}

/** What the gateway says of its closes for one reason: ages from the shortest to the longest. */
export function agesItem(facts: Facts, reason: Cut['reason'], limit: number): Item {
  const ages = [...facts.cuts.values()]
    .filter((cut) => cut.reason === reason)
    .map(({ ageMs }) => ageMs)
    .sort((a, b) => a - b);
  const [first = null, last = null] = [ages[0], ages.at(-1)];
  const says =
    first === null || last === null
      ? `the gateway closed nobody with the reason ${reason}`
      : `${count(ages.length, 'connection')} closed with the reason ${reason}, ${duration(first)} to ${duration(last)} after accept`;
  return item('gateway lines', `age of those closed: ${reason} (ms)`, first, last, says, limit);
}

/** The longest stall of the event loop that was going on when the gateway closed somebody, and what it was busy with. */
export function stallItem(facts: Facts, reason: Cut['reason'], limit: number): Item {
  const held = [...facts.cuts.values()].flatMap((cut) =>
    cut.reason === reason && cut.stall ? cut.stall : [],
  );
  const [longest] = held.sort((a, b) => b.ms - a.ms);
  const ms = Math.round(longest?.ms ?? 0);
  const busy = longest?.bets === undefined ? '' : `, ${count(longest.bets, 'bet')} handled meanwhile`;
  const says = `the event loop stood for ${duration(ms)} before it closed them${busy}`;
  return item('gateway lines', 'event loop delay at those closes (ms)', null, ms, says, limit);
}

/** An end that nobody announced, of a user that was in: as a clock's would be. */
export function cutWhileOpen(user: UserLine): boolean {
  return user.stage === 'open' && wasCut(user);
}

import { count, duration } from '../../../common/format.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Facts } from '../../facts/facts.ts';
import type { Cut } from '../../facts/gateway-closes-and-stalls.ts';
import { type Stall, stallsWithin } from '../../facts/stalls.ts';
import { failedAt, item } from './cause.ts';
import type { EvidenceItem } from './verdict-types.ts';

/** What the causes have in common that the gateway's own clocks bring about. */

/** A wait is laid to a stall that was most of it. */
const MOST = 0.5;

/** A pong is read within a fraction of the interval, unless the stall was nearly all of it. */
const NEARLY_ALL = 0.8;

/** So many bets within one turn of the event loop are a herd. */
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
  const { reason, stall } = cutOf(user, facts) ?? {};
  if (stall === undefined) return undefined;
  if (reason === 'heartbeat') return long(stall, limits.heartbeat * limits.misses * NEARLY_ALL);
  if (reason === 'idle-timeout') return long(stall, limits.idle * MOST);
  if (reason === 'handshake-timeout') return long(stall, limits.handshake * MOST);
  return undefined;
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

/** The one block of the event loop that kept this user waiting in the upgrade until it gave up, ms. */
export function keptWaitingMs(user: UserLine, { stalls, gateway: { stoppedMs } }: Facts): number | undefined {
  if (user.outcome !== 'timeout' || user.stage !== 'upgrade' || user.stageUnknown) return undefined;
  const blocks = stallsWithin(stalls, user.startedAt, failedAt(user));
  const ms = Math.max(stoppedMs, ...blocks.map((stall) => stall.blockMs ?? stall.ms));
  return ms > 0 && ms >= MOST * (user.endedMs ?? 0) ? ms : undefined;
}

/** What the gateway says of its closes for one reason: ages from the shortest to the longest. */
export function agesItem(facts: Facts, reason: Cut['reason'], limit: number): EvidenceItem {
  const ages = [...facts.cuts.values()]
    .filter((cut) => cut.reason === reason)
    .map(({ ageMs }) => ageMs)
    .sort((a, b) => a - b);
  const [first = null, last = null] = [ages[0], ages.at(-1)];
  const says =
    first === null || last === null
      ? `the gateway closed nobody with the reason ${reason}`
      : `${count(ages.length, 'connection')} closed with the reason ${reason}, ${duration(first)} to ${duration(last)} after accept`;
  return item('gateway stdout', `age of those closed: ${reason} (ms)`, first, last, says, limit);
}

/** The longest stall of the event loop that was going on when the gateway closed somebody, and what it was busy with. */
export function stallItem(facts: Facts, reason: Cut['reason'], limit: number): EvidenceItem {
  const held = [...facts.cuts.values()].flatMap((cut) =>
    cut.reason === reason && cut.stall ? cut.stall : [],
  );
  const [longest] = held.sort((a, b) => b.ms - a.ms);
  const ms = Math.round(longest?.ms ?? 0);
  const busy = longest?.bets === undefined ? '' : `, ${count(longest.bets, 'bet')} handled meanwhile`;
  const says = `the event loop stood for ${duration(ms)} before it closed them${busy}`;
  return item('gateway stdout', 'event loop delay at those closes (ms)', null, ms, says, limit);
}

function long(stall: Stall, atLeast: number): Stall | undefined {
  return stall.ms >= atLeast ? stall : undefined;
}

/** An end that nobody announced, of a user that was in: as a clock's would be. */
export function cutWhileOpen({ stage, outcome }: UserLine): boolean {
  return stage === 'open' && (outcome === 'reset' || outcome === 'eof');
}

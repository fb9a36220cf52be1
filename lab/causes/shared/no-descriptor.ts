import { count } from '../../../common/format.ts';
import { wasAtOnce, wasServed } from '../../facts/connection-fate.ts';
import type { ServerEnd } from '../../facts/connections.ts';
import { type DescriptorFacts, SAMPLE_SLACK_MS } from '../../facts/descriptors.ts';
import { kindOfEnd } from '../../facts/how-ended.ts';
import { isChosen, isWithin, type LastMissed, wasAnswered500 } from '../../facts/last-descriptor.ts';
import type { LeakFacts } from '../../facts/left-open.ts';
import {
  byCount,
  type Facts,
  failedAt,
  type Item,
  item,
  type Settings,
  type Signs,
  type UserLine,
  WITH_A_TENTH,
  wasCut,
} from './cause.ts';
import { depthBetween, windowAt } from './depth.ts';

/** What the causes share in which a server has no descriptor left. */

/** Said where all descriptors are in use, by causes that then do not apply. */
export const ALL_IN_USE = 'all descriptors in use: then that is the cause';

/**
 * No descriptor was left for this user: it was cut or answered with 500 at that time, or gave up since. Undefined: users who were not told of
 * may have held the last ones.
 */
export function foundNone(user: UserLine, facts: Facts): boolean | undefined {
  const { descriptors } = facts;
  if (descriptors === undefined) return false;
  const { full, answered = [] } = descriptors;
  const at = failedAt(user);
  if (metGivenUp(user, facts)) return true;
  if (user.stage === 'open')
    return (
      full !== undefined && wasCut(user) && isWithin([full], at, SAMPLE_SLACK_MS) && wasRefused(user, facts)
    );
  if (wasAnswered500(user)) return isWithin(answered, at, SAMPLE_SLACK_MS);
  if (full === undefined)
    return descriptors.untold && (user.outcome === 'timeout' || wasCut(user)) ? undefined : false;
  if (user.outcome === 'timeout') return at >= full.from;
  return wasCut(user) && isWithin([full], at, SAMPLE_SLACK_MS);
}

/** How near in time the two must be, by our own gateway's samples. */
export function fullWindowMs(user: UserLine, { descriptors }: Facts): number | undefined {
  const { full } = descriptors ?? {};
  if (full === undefined || user.stage === 'open') return undefined;
  const at = failedAt(user);
  if (user.outcome === 'timeout') return windowAt(at - full.from, SAMPLE_SLACK_MS);
  const around = depthBetween(at, full.from - SAMPLE_SLACK_MS, full.to + SAMPLE_SLACK_MS);
  return wasCut(user) ? windowAt(around, SAMPLE_SLACK_MS) : undefined;
}

/** The server gave up its listener for want of descriptors, and this user was cut as it went, or refused since. */
function metGivenUp(user: UserLine, { outside }: Facts): boolean {
  const at = failedAt(user);
  return (outside?.givenUp ?? []).some(({ from, seenAt = from, to = Number.POSITIVE_INFINITY }) => {
    if (at < from - SAMPLE_SLACK_MS || at > to + SAMPLE_SLACK_MS) return false;
    return user.outcome === 'refused' || (wasCut(user) && at <= seenAt + SAMPLE_SLACK_MS);
  });
}

/** A server that ends for want of descriptors does so within this, ms. If longer, any later end of a full server is attributed to that. */
const ENDS_WITHIN_MS = 1000;

/** The server ended by itself, as soon as no descriptor was left for the first time. */
export function endedForWant({ descriptors, gateway: { exit } }: Facts): boolean {
  const { full } = descriptors ?? {};
  const kind = kindOfEnd(exit?.ended);
  if (full === undefined || exit === undefined || kind === 'killed' || kind === 'asked') return false;
  return exit.at >= full.from && exit.at <= full.from + ENDS_WITHIN_MS;
}

export function endedItem({ descriptors, gateway: { exit } }: Facts): Item {
  const after = Math.max(0, Math.round((exit?.at ?? 0) - (descriptors?.full?.from ?? 0)));
  const says = `the server ended ${after} ms after its last descriptor was used; nobody is known to have sent a signal`;
  return item('process', 'end after the last descriptor (ms)', 0, after, says);
}

/** The listener that the server gave up, and how many connections it closed with it. */
export function givenUpItems(facts: Facts): Item[] {
  const { outside } = facts;
  if (outside === undefined || outside.givenUp.length === 0) return [];
  const cut = cutByGivingUp(facts);
  const back = outside.givenUp.every(({ to }) => to !== undefined) ? ', and opened it again' : ', for good';
  const says = `the server closed its listener while no descriptor was free${back}; ${count(cut, 'open connection')} closed with it`;
  return [item('listeners', 'listener given up', 1, 0, says)];
}

/** Open connections that the server closed as it gave up its listener. */
function cutByGivingUp({ outside, connections }: Facts): number {
  const near = (outside?.givenUp ?? []).map(({ from, seenAt = from }) => ({ from, to: seenAt }));
  return connections?.heldEnds.filter((at) => isWithin(near, at, SAMPLE_SLACK_MS)).length ?? 0;
}

/**
 * A user that waits for no answer counts as open once it has connected: so the connection itself must show that it was closed at once, or
 * with a message.
 */
function wasRefused(user: UserLine, { outside, descriptors, connectionOf }: Facts): boolean {
  const line = outside && connectionOf(user);
  // A busy server that keeps a reserve may close the connections beyond it late.
  const inTime = line !== undefined && (wasAtOnce(line) || descriptors?.missed === 'reserve');
  return inTime && !wasServed(line);
}

/** How many descriptors were in use; `whenFull` is said where all were. */
export function descriptorsItem(
  { limit, atRest, peak, read, full, missed }: DescriptorFacts,
  whenFull: string,
): Item {
  const none =
    missed && peak < limit
      ? `at most ${peak} of ${limit} descriptors in use in the samples; ${MISSED[missed]}`
      : whenFull;
  const says = full ? none : `at most ${peak} of ${limit} descriptors in use`;
  return item(read, 'descriptors', atRest, peak, says, limit);
}

/** The ends of connections that failed a user while no descriptor was left. */
export function endsWhileFull({ descriptors, outside, connections }: Facts): ServerEnd[] {
  const { full, missed } = descriptors ?? {};
  if (full === undefined || outside?.failed === undefined) return [];
  const failed = new Set(outside.failed);
  // A server that keeps a reserve says so to the client, and closes in order.
  const isOne = (end: ServerEnd) => failed.has(end) || (missed === 'reserve' && end.atOnce);
  return connections?.ends.filter((end) => isOne(end) && isWithin([full], end.at, SAMPLE_SLACK_MS)) ?? [];
}

/** By those ends, and by the connections left in the accept queue. Such a connection may get an RST in the end, so the larger number counts. */
export function byEndsWhileFull(facts: Facts, items: Item[]): Signs {
  const ends = endsWhileFull(facts);
  const given = facts.outside?.givenUp.length ? cutByGivingUp(facts) : 0;
  // Some of the open connections that it closed with its listener are among the failed ones: they count once.
  const both = given > 0 ? ends.filter(({ atOnce, fate }) => !atOnce && fate !== 'never accepted').length : 0;
  const counted = Math.max(ends.length, facts.outside?.stuck ?? 0) + Math.max(0, given - both);
  return { ...byCount(counted, items), ends };
}

export const LEFT_OPEN = 'left by their clients, not closed';

/** How many connections the server has whose clients have left. */
export function leftOpenItem({ first, last, kept, closed, keeps, filled }: LeakFacts): Item {
  const were = `${count(last, 'connection')} in CLOSE_WAIT: closed by their clients, not by the server`;
  const says = filled
    ? `${filled.gone} of ${filled.of} descriptors are connections that their clients have closed (CLOSE_WAIT); the server never closes them`
    : last === 0
      ? 'the server closed every connection that its client had closed'
      : keeps
        ? `${were}; ${kept} of them for 2 s or more, ${closed} of those closed since: their number only grows`
        : `${were}; ${kept} of them for 2 s or more: too few, or the server closes them late`;
  return item('connections left', LEFT_OPEN, first, last, says, filled?.of);
}

/**
 * Connections were closed, or the listener went, while hardly a descriptor was left, at a number that nobody seems to have chosen. The last
 * descriptors may be a reserve of the server, or each new connection may need them for a moment.
 */
export function mayBeShort(facts: Facts): boolean {
  const { descriptors, plateau, outside, restarts } = facts;
  if (descriptors?.near !== true) return false;
  // The listener went when the limit was near: the limit may have been reached before the next sample.
  if (outside && restarts.seen) return true;
  const height =
    outside?.plateau?.height ?? ((plateau?.turnedAway.size ?? 0) > 0 ? plateau?.height : undefined);
  if (height === undefined) return false;
  return descriptors.peak >= descriptors.limit - 1 || !isChosen(height);
}

/** The two limits that it may be, with their values. */
export function shortItem({ limit, peak, read, atRest }: DescriptorFacts, height: number | undefined): Item {
  const says = `only ${limit - peak} of ${limit} descriptors left: either the server's own limit of ${height ?? '?'} connections, or nofile, of which it keeps or needs the last ones; if nofile, its log says EMFILE or "too many open files", and a higher nofile moves the limit`;
  return item(read, 'descriptors left', limit - atRest, limit - peak, says, limit);
}

/** How many users the limit leaves room for. */
export function roomItem({ limit, atRest, predicted, missed }: DescriptorFacts): Item {
  const kept = limit - predicted;
  const own =
    missed === 'reserve'
      ? `${kept} that the server keeps`
      : missed === 'call'
        ? `${kept} for other things, one of them for a moment`
        : `${atRest} open at start`;
  const says = `nofile ${limit} − ${own} = ${predicted} users`;
  return item('law', 'predicted threshold', null, predicted, says);
}

/** How the lab knows that no descriptor was left between two samples. */
const MISSED: Record<LastMissed, string> = {
  accept: 'accept(2) failed with EMFILE in between',
  held: 'exactly as many connections are open as the limit leaves room for: the server gives up a spare descriptor to close each further one',
  reserve:
    'as many connections are open as the limit leaves beside a reserve of 32 (redis: CONFIG_MIN_RESERVED_FDS)',
  call: 'a new connection took the last one, and the call for what it needs besides (a file, a socket) failed with EMFILE',
  answers:
    'the user whose connection took the last one was answered with 500, since none was left for its request: only at such times',
};

/** The limit, doubled until all users and a tenth more have a descriptor; undefined where the machine does not allow that. */
export function enoughNofile(facts: Facts, settings: Settings, highestNofile: number): number | undefined {
  const needed = settings.users + (facts.descriptors?.atRest ?? 0);
  let nofile = facts.descriptors?.limit ?? settings.nofile;
  while (nofile < needed * WITH_A_TENTH) nofile *= 2;
  nofile = Math.min(nofile, highestNofile);
  return nofile < needed ? undefined : nofile;
}

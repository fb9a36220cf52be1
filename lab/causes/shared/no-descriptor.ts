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

/** What causes have to say of a server without descriptors. */

/** There was none left for this user: it was cut, or answered with 500, while none was, or gave up since. */
export function foundNone(user: UserLine, facts: Facts): boolean {
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
  if (full === undefined) return false;
  if (user.outcome === 'timeout') return at >= full.from;
  return wasCut(user) && isWithin([full], at, SAMPLE_SLACK_MS);
}

/** It gave up its listener for want of descriptors: who was cut as it went, or refused since. */
function metGivenUp(user: UserLine, { outside }: Facts): boolean {
  const at = failedAt(user);
  return (outside?.givenUp ?? []).some(({ from, seenAt = from, to = Number.POSITIVE_INFINITY }) => {
    if (at < from - SAMPLE_SLACK_MS || at > to + SAMPLE_SLACK_MS) return false;
    return user.outcome === 'refused' || (wasCut(user) && at <= seenAt + SAMPLE_SLACK_MS);
  });
}

/** A server that ends of it does so at once, ms. Longer, and whatever ends one that has none left, by and by, is said to be that. */
const ENDS_WITHIN_MS = 1000;

/** It ended by itself as soon as it had none left for the first time. */
export function endedForWant({ descriptors, gateway: { exit } }: Facts): boolean {
  const { full } = descriptors ?? {};
  const kind = kindOfEnd(exit?.ended);
  if (full === undefined || exit === undefined || kind === 'killed' || kind === 'asked') return false;
  return exit.at >= full.from && exit.at <= full.from + ENDS_WITHIN_MS;
}

export function endedItem({ descriptors, gateway: { exit } }: Facts): Item {
  const after = Math.max(0, Math.round((exit?.at ?? 0) - (descriptors?.full?.from ?? 0)));
  const says = `it ended ${after} ms after it first had none left, and no signal of anybody's is known`;
  return item('process', 'end after the last descriptor (ms)', 0, after, says);
}

/** What it gave up, where it did, and whom it cut with that. */
export function givenUpItems(facts: Facts): Item[] {
  const { outside } = facts;
  if (outside === undefined || outside.givenUp.length === 0) return [];
  const cut = cutByGivingUp(facts);
  const back = outside.givenUp.every(({ to }) => to !== undefined) ? ', and opened it again' : ', for good';
  const says = `it closed its listener while none was free${back}; ${count(cut, 'connection')} that it had served closed as it did`;
  return [item('listeners', 'listener given up', 1, 0, says)];
}

/** Connections that it had let in, and closed as it gave up its listener. */
function cutByGivingUp({ outside, connections }: Facts): number {
  const near = (outside?.givenUp ?? []).map(({ from, seenAt = from }) => ({ from, to: seenAt }));
  return connections?.heldEnds.filter((at) => isWithin(near, at, SAMPLE_SLACK_MS)).length ?? 0;
}

/** One who asked for nothing is open once it has connected: its connection was closed at once, or with a word. Of our own users the stage tells. */
function wasRefused(user: UserLine, { outside, descriptors, connectionOf }: Facts): boolean {
  const line = outside && connectionOf(user);
  // A busy server that keeps a reserve gets to who comes beyond it when it can.
  const inTime = line !== undefined && (wasAtOnce(line) || descriptors?.missed === 'reserve');
  return inTime && !wasServed(line);
}

/** How many there were; `full` is said where all were in use. */
export function descriptorsItem(
  { limit, atRest, peak, read, full, missed }: DescriptorFacts,
  whenFull: string,
): Item {
  const none =
    missed && peak < limit
      ? `at most ${peak} of ${limit} in use when it was looked at; ${MISSED[missed]}`
      : whenFull;
  const says = full ? none : `at most ${peak} of ${limit} in use`;
  return item(read, 'descriptors', atRest, peak, says, limit);
}

/** The ends of connections that failed somebody while it had none left. */
export function endsWhileFull({ descriptors, outside, connections }: Facts): ServerEnd[] {
  const { full, missed } = descriptors ?? {};
  if (full === undefined || outside?.failed === undefined) return [];
  const failed = new Set(outside.failed);
  // A server that has kept some for itself says so, and closes in order.
  const isOne = (end: ServerEnd) => failed.has(end) || (missed === 'reserve' && end.atOnce);
  return connections?.ends.filter((end) => isOne(end) && isWithin([full], end.at, SAMPLE_SLACK_MS)) ?? [];
}

/** By those, and by who had to stay in the accept queue all the while. One that was stuck may be answered with an RST in the end. */
export function byEndsWhileFull(facts: Facts, items: Item[]): Signs {
  const ends = endsWhileFull(facts);
  const given = facts.outside?.givenUp.length ? cutByGivingUp(facts) : 0;
  // Of those that it had held some are among the failed.
  const both = given > 0 ? ends.filter(({ atOnce, fate }) => !atOnce && fate !== 'never accepted').length : 0;
  const counted = Math.max(ends.length, facts.outside?.stuck ?? 0) + Math.max(0, given - both);
  return { ...byCount(counted, items), ends };
}

export const LEFT_OPEN = 'left by their clients, not closed';

/** How many connections it has whose clients have left. */
export function leftOpenItem({ first, last, kept, closed, keeps, filled }: LeakFacts): Item {
  const were = `${count(last, 'connection')} in CLOSE_WAIT: their clients have closed them, and the server has not`;
  const says = filled
    ? `${filled.gone} of ${filled.of} descriptors are connections that their clients have left (CLOSE_WAIT); none of them is ever closed`
    : last === 0
      ? 'whatever its clients had closed the server closed as well'
      : keeps
        ? `${were}; ${kept} for 2 s or more, ${closed} such were closed since: they only get more`
        : `${were}; ${kept} for 2 s or more: too few, or it is late, and closes them`;
  return item('connections left', LEFT_OPEN, first, last, says, filled?.of);
}

/**
 * Who came was closed, or its listener went, while hardly a descriptor was left, at a number that nobody seems to have chosen: the last ones may be a reserve of the
 * server's, or be needed for a moment by each that comes.
 */
export function mayBeShort(facts: Facts): boolean {
  const { descriptors, plateau, outside, restarts } = facts;
  if (descriptors?.near !== true) return false;
  // It lost its listener when it was near: before the next look it may have reached it.
  if (outside && restarts.seen) return true;
  const height =
    outside?.plateau?.height ?? ((plateau?.turnedAway.size ?? 0) > 0 ? plateau?.height : undefined);
  if (height === undefined) return false;
  return descriptors.peak >= descriptors.limit - 1 || !isChosen(height);
}

/** Both that it may be, with their values. */
export function shortItem({ limit, peak, read, atRest }: DescriptorFacts, height: number | undefined): Item {
  const says = `${limit - peak} of ${limit} left at the most: a limit of its own at ${height ?? '?'} connections, or nofile, of which it keeps the last ones or needs them for who comes; its log says EMFILE or "too many open files" then, and a higher nofile moves it`;
  return item(read, 'descriptors left', limit - atRest, limit - peak, says, limit);
}

/** What the limit leaves room for. */
export function roomItem({ limit, atRest, predicted, missed }: DescriptorFacts): Item {
  const kept = limit - predicted;
  const own =
    missed === 'reserve'
      ? `${kept} that the server keeps`
      : missed === 'call'
        ? `${kept} for other things, one of them for a moment`
        : `${atRest} at rest`;
  const says = `nofile ${limit} − ${own} = ${predicted} users`;
  return item('law', 'predicted threshold', null, predicted, says);
}

/** How it is known that there was none in between. */
const MISSED: Record<LastMissed, string> = {
  accept: 'accept(2) said EMFILE in between',
  held: 'as many connections are held as the limit leaves room for, to the user: a spare one is given up to close who comes',
  reserve:
    'as many connections are held as the limit leaves beyond a reserve of 32 (redis: CONFIG_MIN_RESERVED_FDS)',
  call: 'whoever came took the last one, and a call for what a connection needs besides (a file, a socket) said EMFILE',
  answers:
    'whoever took the last one found none for what it asked, and was answered with 500: then, and never else',
};

/** The limit, doubled until all users and a tenth to spare have a descriptor; undefined where the machine allows no such. */
export function enoughNofile(facts: Facts, settings: Settings, highestNofile: number): number | undefined {
  const needed = settings.users + (facts.descriptors?.atRest ?? 0);
  let nofile = facts.descriptors?.limit ?? settings.nofile;
  while (nofile < needed * WITH_A_TENTH) nofile *= 2;
  nofile = Math.min(nofile, highestNofile);
  return nofile < needed ? undefined : nofile;
}

import { count, duration, percent } from '../../../common/format.ts';
import type { WaitingFacts } from '../../facts/waiting-users.ts';
import {
  byClaims,
  byCount,
  type Facts,
  type Item,
  item,
  type Judgement,
  type Signs,
  type UserLine,
  uncounted,
  undecided,
} from './cause.ts';
import { stoppedItems } from './gateway-exit.ts';
import { ALL_IN_USE, descriptorsItem } from './no-descriptor.ts';

/** What the causes share in which users wait for a server that has time. */

/** Tells whether a wait is this cause's, of the two that it may be. */
export type Mine = (waiting: WaitingFacts) => boolean;

/** What would tell a server at its limit from one that is blocked. */
const WHAT_WOULD_TELL =
  'the server may be at a limit of its own, or blocked: let one open user leave (--load does), and see whether one that waits is served';

/** The wait, unless it is for descriptors: a server with none left accepts nobody either, and one for each that leaves. */
export function waitingOf({ outside, descriptors }: Facts): WaitingFacts | undefined {
  const { waiting } = outside ?? {};
  const { full } = descriptors ?? {};
  if (waiting === undefined || (full && full.from < waiting.to && full.to > waiting.from)) return undefined;
  return waiting;
}

/** Undefined: the user waited there, and which of the two causes it was is not known. */
export function claimsWaiter(user: UserLine, facts: Facts, isMine: Mine): boolean | undefined {
  const waiting = waitingOf(facts);
  if (waiting === undefined || !waiting.has(user)) return false;
  return waiting.kind === 'open' ? undefined : isMine(waiting);
}

/** By how our own users fared. */
export function judgeWaiting(facts: Facts, claimed: number): Judgement {
  const waiting = waitingOf(facts);
  if (waiting === undefined) return byClaims(claimed, [noWait(facts)]);
  const items = itemsOf(facts, waiting);
  if (waiting.kind === 'open' && claimed === 0) {
    const some = facts.failed.some((user) => waiting.has(user));
    return some
      ? undecided([...items, item('robots', 'let one leave', null, null, WHAT_WOULD_TELL)])
      : byClaims(0, items);
  }
  return byClaims(claimed, items);
}

/** By the server's side alone. */
export function signsOfWaiting(facts: Facts, isMine: Mine): Signs {
  const { outside, queue } = facts;
  if (outside?.held === undefined)
    return uncounted(undecided([item('connections', 'connections', null, null, 'could not be counted')]));
  const waiting = waitingOf(facts);
  if (waiting === undefined) return byCount(0, [noWait(facts)]);
  const items = itemsOf(facts, waiting);
  if (waiting.kind === 'open')
    return uncounted(undecided([...items, item('robots', 'let one leave', null, null, WHAT_WOULD_TELL)]));
  if (!isMine(waiting)) return byCount(0, items);
  const inQueue = waiting.where === 'queue';
  const gaveUp = inQueue ? (facts.connections?.queued.gaveUp ?? 0) : 0;
  const forsaken = inQueue ? outside.forsaken : 0;
  const dropped = inQueue && (queue?.overflows ?? 0) > 0 ? waiting.most : 0;
  const failed = Math.max(waiting.inVain, gaveUp, forsaken, dropped);
  if (failed > 0) return byCount(failed, items);
  return byCount(0, [
    ...items,
    item('ledger', 'waited in vain', 0, 0, 'every user that waited was served in the end'),
  ]);
}

function itemsOf(facts: Facts, waiting: WaitingFacts): Item[] {
  const { from, to, where, most, level, taken, left, busy, nobodyMs, kind, letOneGo, freed } = waiting;
  const during = `for ${duration(to - from)}`;
  const waited = where === 'queue' ? 'in the accept queue' : 'accepted, their requests unread';
  const verb = where === 'queue' ? 'accepted' : 'read';
  const never = `${count(level, 'connection')} served at once, never more`;
  const each =
    kind === 'one for each' && freed !== undefined && letOneGo === undefined
      ? `${never}; none accepted until ${left} left, then ${freed} whose clients had given up`
      : kind === 'one for each' && letOneGo === undefined
        ? `${never}; ${taken} ${verb} as ${left} left`
        : `${count(level, 'connection')} served at once; ${taken} ${verb} as ${left} left, and none ${verb} in the last ${duration(nobodyMs)}`;
  const items = [
    item(
      where === 'queue' ? 'accept queue' : 'connections',
      'waiting at once',
      0,
      most,
      `up to ${count(most, 'connection')} waited at once, ${waited}, ${during}`,
    ),
    item('connections', 'served at once', null, level, each),
    item(
      'schedstat',
      'at work meanwhile',
      null,
      Math.round(busy * 1000) / 1000,
      `the threads that serve users were at work for ${percent(busy)} of that time`,
    ),
  ];
  if (letOneGo)
    items.push(
      item(
        'robots',
        'let one leave',
        0,
        letOneGo.taken,
        `one open user was let go: ${letOneGo.taken === 0 ? 'none' : letOneGo.taken} of those that waited ${letOneGo.taken > 1 ? 'were' : 'was'} ${verb} in its place`,
      ),
    );
  if (kind === 'stopped') items.push(...stoppedItems(facts));
  if (facts.descriptors) items.push(descriptorsItem(facts.descriptors, ALL_IN_USE));
  return items;
}

function noWait({ outside, descriptors }: Facts): Item {
  const says =
    outside?.waiting && descriptors?.full
      ? 'users waited only while no descriptor was left'
      : 'no user waited for a second while the server had time';
  return item('accept queue', 'waiting for a server with time', null, null, says);
}

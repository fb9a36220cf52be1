import { count, duration, percent } from '../../../common/format.ts';
import { largest, smallest } from '../../facts/numbers.ts';
import { once } from '../../facts/once.ts';
import { expecting, type Facts, failedAt, type Item, item, type UserLine } from './cause.ts';

/** What the causes of a gateway that answers too late have in common. */

/**
 * At work for so much of a user's wait it served as many as it could: a longer queue would not have let more in. Lower, and a server
 * that had time left is called slow; higher, and one that shares its core with others is not.
 */
const BUSY = 0.9;

/**
 * Held back by its quota for so much of a wait, it could have served half as many again without. Lower, and a quota that hardly
 * mattered has the users; higher, and they are laid to a slow event loop, which a larger quota would have helped.
 */
export const THROTTLED = 1 / 3;

/**
 * Where other programs take the processor the quota lasts longer: held back at all, and by then it had used it up. Lower, and a
 * gateway that its neighbours hold back is laid to its quota.
 */
const HELD_BACK = 0.1;
const USED_UP = 0.8;

/**
 * Where nobody was served for so much of a wait it stood still, and was not busy with others. Lower, and a slow gateway with few users
 * is said to stand still; higher, and a stall is called slowness.
 */
const STALL = 0.5;

/** For so much of a wait something must lie unread. Lower, and one look is enough; higher, and a queue that is refilled in waves is none. */
const UNREAD = 0.5;

/** They were at work for so much of it. Lower, and what computes beside is taken for them; higher, and a loop that shares its core is not busy. */
const READERS_BUSY = 0.7;

/** Gave up before it was open, in whatever stage. */
function gaveUp(user: UserLine): boolean {
  return user.outcome === 'timeout' && user.stage !== 'open';
}

/**
 * Of a server that is not ours: lay what clients sent unread, or they themselves in its queue, for most of this user's wait? Whom it has
 * read, and not answered, waits for something else. Not known, where nobody could look: then it did not, as far as is known.
 */
export function layUnread(user: UserLine, { outside }: Facts): boolean {
  if (outside === undefined) return true;
  return (outside.unread.part(user.startedAt, failedAt(user)) ?? 0) >= UNREAD;
}

/** Of a server that is not ours: were the threads at work that would have read it, as far as is known? What computes beside them keeps nobody waiting. */
export function readersWorked(user: UserLine, { outside }: Facts): boolean {
  return (outside?.unread.busy(user.startedAt, failedAt(user)) ?? 1) >= READERS_BUSY;
}

/** Waited all the time for an event loop that was busy with one user after another. */
export function waitedForBusyLoop(user: UserLine, facts: Facts): boolean {
  const { loop } = facts;
  const [from, to] = [user.startedAt, failedAt(user)];
  if (!gaveUp(user) || foundItFull(user, facts) || (loop.busy(from, to)?.part ?? 0) < BUSY) return false;
  if (!layUnread(user, facts) || !readersWorked(user, facts)) return false;
  return loop.served(from, to).gapMs < STALL * (to - from);
}

/** Was it its CPU quota that made this user wait? Whoever is held back has used up all that it may. */
export function waitedForQuota(user: UserLine, facts: Facts): boolean {
  if (!gaveUp(user) || foundItFull(user, facts)) return false;
  const [from, to] = [user.startedAt, failedAt(user)];
  if (!layUnread(user, facts)) return false;
  const throttled = facts.loop.throttled(from, to) ?? 0;
  if (throttled >= THROTTLED) return true;
  return throttled >= HELD_BACK && (facts.loop.quotaUsed(from, to) ?? 0) >= USED_UP;
}

/** There was no descriptor for it, as far as was seen: it would not have been served by a faster loop either. */
function foundItFull(user: UserLine, { descriptors, gap }: Facts): boolean {
  if (gap !== undefined) return true;
  return descriptors?.full !== undefined && failedAt(user) >= descriptors.full.from;
}

/** From the first start to the last end of those who gave up; undefined: nobody did. */
export const waitOf = once(({ failed }: Facts): { from: number; to: number } | undefined => {
  const waiting = failed.filter(gaveUp);
  if (waiting.length === 0) return undefined;
  return {
    from: smallest(waiting.map(({ startedAt }) => startedAt)),
    to: largest(waiting.map(failedAt), 0),
  };
});

/** How busy it was while they waited; `null` measured: not known, or nobody waited. */
export function busyItem(facts: Facts): Item {
  const wait = waitOf(facts);
  const busy = wait && facts.loop.busy(wait.from, wait.to);
  const name = 'at work while users waited';
  if (wait === undefined) return item('gateway lines', name, null, null, 'nobody gave up waiting for it');
  if (busy === undefined) return item('gateway lines', name, null, null, 'not known for that time');
  const says = `${percent(busy.part)} of the ${duration(wait.to - wait.from)} in which users gave up`;
  const measured = item(busy.read, name, null, Math.round(busy.part * 1000) / 1000, says, BUSY);
  return expecting(measured, 'a server that waits for its users is idle most of the time');
}

/** How fast it served the others. */
export function rateItem(facts: Facts): Item | undefined {
  const wait = waitOf(facts);
  if (wait === undefined) return undefined;
  const { users, gapMs } = facts.loop.served(wait.from, wait.to);
  const each = users > 0 ? `, one each ${duration((wait.to - wait.from) / users)}` : '';
  const says = `${count(users, 'user')} let in during that time${each}, never longer than ${duration(gapMs)} without one`;
  return expecting(
    item('robots', 'became open', 0, users, says),
    'a server that stands still lets nobody in',
  );
}

/** How much of a core it had. */
export function cpuItem(facts: Facts): Item | undefined {
  const wait = waitOf(facts);
  const cpu = wait && facts.loop.cpu(wait.from, wait.to);
  if (cpu === undefined) return undefined;
  const says = `it ran on ${percent(cpu)} of one core in that time`;
  return item('stat', 'CPU, of one core', null, Math.round(cpu * 1000) / 1000, says);
}

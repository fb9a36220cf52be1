import { count } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import { byClaims, byRest, type Cause, item, type Judgement } from './shared/cause.ts';
import { judgeDarwinQueue } from './shared/darwin-queue.ts';
import {
  abortItem,
  overflowItem,
  queueItem,
  slowItem,
  unreadQueue,
  unseenWaits,
} from './shared/listen-queue.ts';
import { OVERFLOW_RESETS, traceItem } from './shared/trace-item.ts';

/** The wider cause: it has no users of its own, since each way in which a queue fails somebody is one of its forms. */
export const listenBacklog: Cause = {
  id: 'listen-backlog',
  title: 'a listen queue overflows (backlog, somaxconn)',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows or ListenDrops grow, and users fail in the handshake or just after it',
  onDarwin: { looksLike: 'listen queue overflows grow, and users fail in the handshake or just after it' },
  claims(_user: UserLine, _facts: Facts): boolean {
    return false;
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { queue, darwin } = facts;
    if (darwin) return judgeDarwinQueue(facts, darwin, claimed);
    if (queue === undefined) return unreadQueue();
    const items = [overflowItem(facts, queue, claimed), queueItem(queue), abortItem(queue), slowItem(facts)];
    const unseen = unseenWaits(facts);
    if (claimed === 0 && unseen && queue.overflows + queue.synDrops > 0)
      return { verdict: 'insufficient-data', for: [], against: [...items, unseen] };
    const lacks = 'users fail in the handshake or just after it';
    if (claimed === 0)
      return byRest(claimed, items, queue.overflows + queue.synDrops > 0 ? lacks : undefined);
    const says = `${count(claimed, 'user')} never got through`;
    const users = item('robots', 'failed in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, users, ...traceItem(facts, OVERFLOW_RESETS)]);
  },
};

import { count } from '../../common/format.ts';
import { byClaims, byRest, type Cause, item, undecided } from './shared/cause.ts';
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

/** The wider cause: no user is attributed to it directly, since each way in which a queue fails a user is one of its sub-causes. */
export const listenBacklog: Cause = {
  id: 'listen-backlog',
  title: 'a listen queue overflows (backlog, somaxconn)',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows or ListenDrops grow, and users fail in the handshake or just after it',
  onDarwin: { looksLike: 'listen queue overflows grow, and users fail in the handshake or just after it' },
  claims: () => false,
  judge(facts, claimed) {
    const { queue, darwin } = facts;
    if (darwin) return judgeDarwinQueue(facts, darwin, claimed);
    if (queue === undefined) return unreadQueue();
    const items = [overflowItem(facts, queue, claimed), queueItem(queue), abortItem(queue), slowItem(facts)];
    const unseen = unseenWaits(facts);
    if (claimed === 0 && unseen && queue.overflows + queue.synDrops > 0) return undecided([...items, unseen]);
    const dropped = queue.overflows + queue.synDrops > 0;
    if (claimed === 0)
      return byRest(claimed, items, dropped ? 'users fail in the handshake or just after it' : undefined);
    const says = `${count(claimed, 'user')} failed in the handshake or just after it`;
    const users = item('robots', 'failed in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, users, ...traceItem(facts, OVERFLOW_RESETS)]);
  },
};

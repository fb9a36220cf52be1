import { count } from '../../common/format.ts';
import { byClaims, type Cause, contributing, expecting, item, undecided } from './shared/cause.ts';
import {
  cutEarly,
  earlyCuts,
  evictedItems,
  overflowItem,
  refusedItem,
  roomOnDarwin,
  shapeItem,
} from './shared/darwin-queue.ts';

export const acceptQueueEvicted: Cause = {
  id: 'accept-queue-evicted',
  title: 'macOS: the listen queue is full, and half-open connections are thrown out and reset',
  toldBy: 'kernel',
  looksLike: 'on macOS, bad connection attempts grow, and users are reset before they are open',
  under: 'listen-backlog',
  after: [{ id: 'fd-exhaustion' }],
  scenario: { backlog: 8, users: 400, rounds: 0 },
  only: {
    runtimes: ['native'],
    platform: 'darwin',
    why: 'only the kernel of macOS throws half-open connections out of a full queue',
  },
  claims(user, facts) {
    const most = facts.darwin?.evicted?.most ?? 0;
    // Each connection that is thrown out hits the listener at least once, and was an overflow. With fewer of either than users that were
    // reset, nobody knows which users they were.
    return most > 0 && cutEarly(user) && most >= earlyCuts(facts);
  },
  judge(facts, claimed) {
    const { darwin } = facts;
    if (darwin === undefined)
      return byClaims(0, [
        item(
          'the kernel',
          'full queue',
          null,
          null,
          'Linux drops the new SYN and throws out no half-open connection',
        ),
      ]);
    const refused = expecting(refusedItem(darwin), 'each connection in the queue answers its own segments');
    const items = [refused, overflowItem(darwin), ...evictedItems(darwin), shapeItem(darwin)];
    if (darwin.evicted === undefined) return undecided(items);
    if (claimed > 0) {
      const says = `${count(claimed, 'user')} reset in the handshake or just after it: a new SYN took their place (on Linux they would wait)`;
      return byClaims(claimed, [...items, item('robots', 'reset before the upgrade', 0, claimed, says)]);
    }
    const some = darwin.evicted.most > 0 && facts.failed.some(cutEarly);
    return some ? contributing(items) : byClaims(0, items);
  },
  fix: roomOnDarwin,
};

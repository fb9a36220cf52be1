import { count, duration } from '../../common/format.ts';
import { smallest } from '../facts/numbers.ts';
import { byClaims, byRest, type Cause, counterItem, expecting, item, serverWord } from './shared/cause.ts';
import {
  abortItem,
  bareResets,
  CLOSED_UNREAD,
  largerQueue,
  overflowItem,
  overflowsAndResets,
  queueItem,
  wasForgotten,
  withoutLinuxQueue,
} from './shared/listen-queue.ts';
import { FORGOTTEN_RESETS, traceItem } from './shared/trace-item.ts';

const ON_MACOS =
  'macOS keeps half-open connections in its one queue: one that is thrown out is reset at once, not late';

export const lateReset: Cause = {
  id: 'late-reset',
  title:
    'the handshake is complete only for the client: the gateway has forgotten it, and resets its first data',
  toldBy: 'kernel',
  looksLike:
    'ListenOverflows grows, and users that nobody closed are reset a second or more after connect(2)',
  under: 'listen-backlog',
  after: [{ id: 'fd-exhaustion' }],
  // As in accept-queue-reset, but the overflowing ACKs are dropped, and the one SYN-ACK is not sent again.
  scenario: {
    somaxconn: 8,
    waiting: 6,
    users: 8,
    tcp_abort_on_overflow: 0,
    tcp_syncookies: 0,
    tcp_synack_retries: 0,
    link_delay_ms: 20,
    stop_ms: 4000,
    rounds: 0,
  },
  claims: wasForgotten,
  most: overflowsAndResets,
  judge(facts, claimed) {
    const { queue } = facts;
    if (queue === undefined) return withoutLinuxQueue(facts, ON_MACOS);
    const items = [overflowItem(facts, queue, claimed), abortItem(queue), queueItem(queue)];
    const lacks = 'users that nobody closed are reset a second or more after connect(2)';
    if (claimed === 0) return byRest(claimed, items, queue.overflows > 0 ? lacks : undefined);
    const soonest = smallest(bareResets(facts).map(({ endedMs = 0 }) => endedMs));
    const says = `${count(claimed, 'user')} reset after connect(2) had returned, the first after ${duration(soonest)}: the kernel had given up its SYN-ACKs`;
    const late = item('robots', 'reset late in the upgrade', 0, claimed, says);
    const unread = counterItem(facts, CLOSED_UNREAD, (growth) =>
      growth < claimed
        ? `the ${serverWord(facts)} did not close these users: it never accepted them`
        : `${count(growth, 'socket')} closed with data unread`,
    );
    return byClaims(claimed, [
      ...items,
      expecting(late, 'a connection in the queue is never reset, however long it waits'),
      expecting(unread, `a connection that the ${serverWord(facts)} accepts and closes is counted here`),
      ...traceItem(facts, FORGOTTEN_RESETS),
    ]);
  },
  fix: ({ queue }, settings) => largerQueue(queue, settings),
};

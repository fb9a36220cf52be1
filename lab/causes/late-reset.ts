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
  'macOS keeps what is half-open in the one queue: whoever is thrown out of it is reset at once, not late';

export const lateReset: Cause = {
  id: 'late-reset',
  title:
    'the handshake is complete for the client alone: the gateway has forgotten it, and its first data is reset',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows grows, and users are reset a second or more after connect(2), closed by nobody',
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
    const lacks = 'users are reset a second or more after connect(2), closed by nobody';
    if (claimed === 0) return byRest(claimed, items, queue.overflows > 0 ? lacks : undefined);
    const soonest = smallest(bareResets(facts).map(({ endedMs = 0 }) => endedMs));
    const says = `${count(claimed, 'user')} reset after connect(2) had returned, the first after ${duration(soonest)}: the wait for the last SYN-ACK was over`;
    const late = item('robots', 'reset late in the upgrade', 0, claimed, says);
    const unread = counterItem(facts, CLOSED_UNREAD, (growth) =>
      growth < claimed
        ? `the ${serverWord(facts)} did not close them: it never had them`
        : `${count(growth, 'socket')} closed with data unread`,
    );
    return byClaims(claimed, [
      ...items,
      expecting(late, 'a connection that is in the queue is reset by nobody, however long it waits'),
      expecting(unread, `a connection that the ${serverWord(facts)} had accepted and closed is counted here`),
      ...traceItem(facts, FORGOTTEN_RESETS),
    ]);
  },
  fix: ({ queue }, settings) => largerQueue(queue, settings),
};

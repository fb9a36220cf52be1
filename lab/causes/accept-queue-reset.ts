import { count } from '../../common/format.ts';
import {
  byClaims,
  byCount,
  type Cause,
  change,
  expecting,
  grownItem,
  item,
  resetsItem,
  together,
  uncounted,
} from './shared/cause.ts';
import {
  abortItem,
  largerQueue,
  overflowItem,
  overflowsAndResets,
  queueItem,
  signsOfNoDescriptor,
  unreadQueue,
  withoutLinuxQueue,
} from './shared/listen-queue.ts';
import { OVERFLOW_RESETS, traceItem } from './shared/trace-item.ts';

const ON_MACOS = 'macOS has no tcp_abort_on_overflow: a full queue resets nobody when the last ACK arrives';

export const acceptQueueReset: Cause = {
  id: 'accept-queue-reset',
  title: 'the accept queue overflows and answers with RST (tcp_abort_on_overflow = 1)',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows grows with tcp_abort_on_overflow 1, and users are reset before they are open',
  under: 'listen-backlog',
  after: [{ id: 'fd-exhaustion' }],
  // The delayed link lets every SYN arrive before the first ACK: 3 of 8 users find room and 5 are reset, each time.
  scenario: {
    somaxconn: 8,
    waiting: 6,
    users: 8,
    tcp_abort_on_overflow: 1,
    tcp_syncookies: 0,
    link_delay_ms: 20,
    stop_ms: 1500,
    rounds: 0,
  },
  claims: ({ outcome, stage }, { queue }) =>
    queue?.abort === true && queue.overflows > 0 && outcome === 'reset' && stage !== 'open',
  most: overflowsAndResets,
  judge(facts, claimed) {
    const { queue } = facts;
    if (queue === undefined) return withoutLinuxQueue(facts, ON_MACOS);
    const abort = expecting(abortItem(queue), '0: an overflow resets nobody at once');
    const overflow = expecting(
      overflowItem(facts, queue, claimed),
      'a queue with room answers every handshake',
    );
    const items = [abort, overflow, queueItem(queue)];
    if (claimed === 0) return byClaims(claimed, items);
    const says = `${count(claimed, 'user')} reset before the upgrade was answered`;
    const users = item('robots', 'reset in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, users, resetsItem(facts), ...traceItem(facts, OVERFLOW_RESETS)]);
  },
  signs(facts) {
    const { queue, outside } = facts;
    if (queue === undefined || outside === undefined) return uncounted(unreadQueue());
    const { resetsAround: resets = queue.overflows } = outside;
    const items = [
      abortItem(queue),
      overflowItem(facts, queue, queue.overflows),
      grownItem(
        'Tcp OutRsts',
        resets,
        `${resets} RST sent by anybody in the server's network namespace: at most this many were for a full queue`,
      ),
    ];
    if (!queue.abort || queue.overflows === 0) return byCount(0, items);
    return signsOfNoDescriptor(facts, items) ?? byCount(Math.min(queue.overflows, resets), items);
  },
  fix({ queue }, settings) {
    return together([change('tcp_abort_on_overflow', 1, 0), largerQueue(queue, settings)]);
  },
};

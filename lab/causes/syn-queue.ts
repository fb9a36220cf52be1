import { count } from '../../common/format.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import type { QueueFacts } from '../facts/facts.ts';
import {
  byClaims,
  byCount,
  byRest,
  type Cause,
  change,
  contributing,
  counterItem,
  expecting,
  type Facts,
  type Item,
  item,
  together,
  uncounted,
  undecided,
} from './shared/cause.ts';
import {
  atLeast,
  fullQueueWindowMs,
  keptOut,
  largerQueue,
  signsOfFewDrops,
  unreadQueue,
  unseenWaits,
  withoutLinuxQueue,
} from './shared/listen-queue.ts';

const ON_MACOS = 'macOS has no separate SYN queue: half-open and complete connections share one';

export const synQueue: Cause = {
  id: 'syn-queue',
  title: 'the SYN queue is full and cookies are off (tcp_syncookies = 0): SYNs are dropped',
  toldBy: 'kernel',
  looksLike: 'ListenDrops grows beyond ListenOverflows, and users time out in the handshake',
  under: 'listen-backlog',
  after: [{ id: 'fd-exhaustion' }],
  // On the delayed link all SYNs arrive before the first ACK can make room. Users give up before their SYN is sent again.
  scenario: {
    somaxconn: 3,
    users: 12,
    tcp_syncookies: 0,
    link_delay_ms: 4,
    connect_timeout_ms: 900,
    rounds: 0,
  },
  claims: (user, { queue }) =>
    queue !== undefined && queue.synDrops > queue.overflows && keptOut(user, queue),
  windowMs(user, { queue }) {
    if (queue === undefined || queue.synDrops <= queue.overflows) return undefined;
    return fullQueueWindowMs(user, queue);
  },
  most: ({ queue }) => queue?.synDrops ?? 0,
  judge(facts, claimed) {
    const { queue } = facts;
    if (queue === undefined) return withoutLinuxQueue(facts, ON_MACOS);
    const items = [droppedItem(queue), cookiesItem(facts), fullItem(facts)];
    const unseen = unseenWaits(facts);
    if (claimed === 0 && unseen && queue.synDrops > 0) return undecided([...items, unseen]);
    if (claimed > 0) {
      const says = `${count(claimed, 'user')} gave up in connect(2): their SYN was dropped, and sent again too late`;
      return byClaims(claimed, [...items, item('robots', 'timed out in the handshake', 0, claimed, says)]);
    }
    if (queue.synDrops === 0) return byClaims(claimed, items);
    const shut = facts.failed.some((user) => keptOut(user, queue));
    return shut ? contributing(items) : byRest(claimed, items, 'users time out in the handshake');
  },
  /** SYNs dropped before they reached the accept queue. */
  signs(facts) {
    const { queue, outside } = facts;
    if (queue === undefined || outside === undefined) return uncounted(unreadQueue());
    const { synDrops, overflows } = queue;
    const full = counterItem(
      facts,
      'TcpExt TCPReqQFullDrop',
      (growth) => `${count(growth, 'SYN')} found the SYN queue full`,
    );
    const items = [dropsItem(synDrops), full];
    if (synDrops <= overflows) return byCount(0, items);
    return signsOfFewDrops(facts, synDrops, items) ?? byCount(...atLeast(facts, synDrops, items));
  },
  fix({ queue }, settings) {
    if (queue === undefined) return undefined;
    // Without cookies tcp_max_syn_backlog is a bound too, and a quarter of it is kept for known clients.
    const wanted = Math.min(SETTINGS.tcp_max_syn_backlog.max, 2 * settings.users);
    const { maxSynBacklog = wanted } = queue;
    return together([
      change('tcp_syncookies', 0, 1),
      largerQueue(queue, settings),
      maxSynBacklog < wanted ? change('tcp_max_syn_backlog', maxSynBacklog, wanted) : undefined,
    ]);
  },
};

function dropsItem(synDrops: number, beside = ''): Item {
  const says =
    synDrops === 0
      ? 'no SYN was dropped while the accept queue had room'
      : `${count(synDrops, 'SYN')} dropped while the accept queue had room${beside}`;
  return item('drops beyond overflows', 'TcpExt ListenDrops beyond ListenOverflows', 0, synDrops, says);
}

function droppedItem({ synDrops, overflows }: QueueFacts): Item {
  return expecting(
    dropsItem(synDrops, `, and ${count(overflows, 'packet')} while it had none`),
    'every drop of a listener is counted as an overflow of its accept queue too',
  );
}

function cookiesItem(facts: Facts): Item {
  return counterItem(facts, 'TcpExt TCPReqQFullDoCookies', (growth) =>
    growth > 0
      ? `${count(growth, 'SYN')} beyond the queue answered with a cookie: no user waits for that`
      : 'no SYN was answered with a cookie',
  );
}

function fullItem(facts: Facts): Item {
  return counterItem(facts, 'TcpExt TCPReqQFullDrop', (growth) =>
    growth > 0
      ? `${count(growth, 'SYN')} found the SYN queue full: it holds min(backlog, somaxconn) + 1`
      : 'the SYN queue was never full',
  );
}

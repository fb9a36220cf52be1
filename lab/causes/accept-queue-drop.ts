import { count, percent } from '../../common/format.ts';
import type { Facts, OutsideFacts } from '../facts/facts.ts';
import { connectedNotOpen } from '../facts/stages.ts';
import {
  byClaims,
  byCount,
  byRest,
  type Cause,
  contributing,
  expecting,
  type Item,
  item,
  uncounted,
  undecided,
} from './shared/cause.ts';
import { judgeDarwinDrop, roomOnDarwin, shutOut } from './shared/darwin-queue.ts';
import {
  abortItem,
  atLeast,
  fullQueueWindowMs,
  keptOut,
  largerQueue,
  overflowItem,
  queueItem,
  signsOfFewDrops,
  signsOfNoDescriptor,
  signsOfWaiters,
  slowItem,
  unreadQueue,
  unseenWaits,
} from './shared/listen-queue.ts';

export const acceptQueueDrop: Cause = {
  id: 'accept-queue-drop',
  title: 'the accept queue overflows and drops handshakes: users wait for 1, 3 or 7 s and give up',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows grows with tcp_abort_on_overflow 0, and users time out',
  under: 'listen-backlog',
  // A server without descriptors may let its queue fill: then that is the cause.
  // A longer queue does not help either where nobody is accepted, or one for each that leaves.
  after: [{ id: 'fd-exhaustion' }, { id: 'concurrency-limit' }, { id: 'not-accepting' }],
  // Users give up before their SYN is sent again after 1 s: so every user fails for whom the queue has no room.
  scenario: { somaxconn: 1, users: 400, connect_timeout_ms: 800, rounds: 0 },
  onDarwin: { looksLike: 'listen queue overflows grow, and users time out in the handshake' },
  claims(user, { queue, darwin, outside, connectionOf }) {
    if (darwin) return (darwin.overflows ?? 0) > 0 && shutOut(user);
    if (queue === undefined || queue.overflows === 0) return false;
    // The dropped packet was made good: the user was accepted a second late, and failed for another reason.
    if (outside && connectedNotOpen(user.stage) && connectionOf(user)?.accepted?.is) return false;
    // The kernel does not say which of two queues dropped a SYN: users are attributed to the one that dropped more.
    return queue.overflows >= queue.synDrops && keptOut(user, queue);
  },
  windowMs(user, { queue }) {
    if (queue === undefined || queue.overflows === 0 || queue.overflows < queue.synDrops) return undefined;
    return fullQueueWindowMs(user, queue);
  },
  // Each such user lost a SYN, or the last ACK.
  most: ({ queue, darwin }) => darwin?.overflows ?? queue?.overflows ?? 0,
  judge(facts, claimed) {
    const { queue, darwin } = facts;
    if (darwin) return judgeDarwinDrop(facts, darwin, claimed);
    if (queue === undefined) return unreadQueue();
    const overflow = expecting(overflowItem(facts, queue, claimed), 'a queue with room drops nothing');
    const items = [overflow, queueItem(queue), abortItem(queue), slowItem(facts)];
    const unseen = unseenWaits(facts);
    if (claimed === 0 && unseen && queue.overflows > 0) return undecided([...items, unseen]);
    if (claimed > 0) {
      const says = `${count(claimed, 'user')} gave up, neither refused nor reset: ${droppedOf(facts.failed)}`;
      const waited = item('robots', 'timed out in the handshake', 0, claimed, says);
      return byClaims(claimed, [...items, expecting(waited, 'connect(2) returns in a round trip')]);
    }
    if (queue.overflows === 0) return byClaims(claimed, items);
    // The users are attributed to other causes, but some of them had to wait for a second SYN as well.
    const shut = facts.failed.some((user) => keptOut(user, queue));
    return shut ? contributing(items) : byRest(claimed, items, 'users time out in the handshake');
  },
  /** Handshakes dropped by a full accept queue: each is sent again after 1, 3, 7 s. */
  signs(facts) {
    const { queue, outside } = facts;
    if (queue === undefined || outside === undefined) return uncounted(unreadQueue());
    const { overflows, synDrops } = queue;
    const items = [
      overflowItem(facts, queue, overflows),
      queueItem(queue),
      abortItem(queue),
      ...processorItems(outside),
    ];
    if (overflows === 0 || synDrops > overflows) return byCount(0, items);
    return (
      signsOfNoDescriptor(facts, items) ??
      signsOfWaiters(facts, items) ??
      signsOfFewDrops(facts, overflows, items) ??
      byCount(...atLeast(facts, overflows, items))
    );
  },
  fix(facts, settings) {
    return facts.darwin ? roomOnDarwin(facts, settings) : largerQueue(facts.queue, settings);
  },
};

/** This part of a core counts as all of it, since the kernel's clock ticks coarsely. Only a sentence depends on it. */
const ALL_OF_A_CORE = 0.95;

/** Where the queue fills: whether the server waits for the processor. */
function processorItems({ busiest, threads = 1 }: OutsideFacts): Item[] {
  if (busiest === undefined) return [];
  const says =
    threads === 1 && busiest > ALL_OF_A_CORE
      ? `the server's one thread used ${percent(busiest)} of a core: it accepts as fast as it can`
      : `the server used at most ${percent(busiest)} of a core, in ${count(threads, 'thread')}`;
  return [item('stat', 'CPU, of one core', null, Math.round(busiest * 1000) / 1000, says)];
}

/** A full queue drops SYNs, and the last packets of handshakes. After the latter the client believes itself connected (tcp_v4_syn_recv_sock). */
function droppedOf(failed: Facts['failed']): string {
  const connected = failed.some(({ outcome, stage }) => outcome === 'timeout' && connectedNotOpen(stage));
  return `their SYN${connected ? ' or the last packet of their handshake' : ''} was dropped, and sent again too late`;
}

import { count } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import { fdExhaustion } from './fd-exhaustion.ts';
import { byClaims, byRest, type Cause, expecting, type Fix, item, type Judgement } from './shared/cause.ts';
import { judgeDarwinDrop, roomOnDarwin, shutOut } from './shared/darwin-queue.ts';
import {
  abortItem,
  keptOut,
  largerQueue,
  overflowItem,
  queueItem,
  slowItem,
  unreadQueue,
  unseenWaits,
} from './shared/listen-queue.ts';
import { signsOfQueueDrop } from './shared/signs.ts';

export const acceptQueueDrop: Cause = {
  id: 'accept-queue-drop',
  title: 'the accept queue overflows and drops handshakes: users wait for 1, 3, 7 s and give up',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows grows with tcp_abort_on_overflow 0, and users time out',
  under: 'listen-backlog',
  // Users give up before their SYN is sent again, after 1 s: whoever the queue had no room for fails.
  scenario: { somaxconn: 1, users: 400, connect_timeout_ms: 800, rounds: 0 },
  onDarwin: { looksLike: 'listen queue overflows grow, and users time out in the handshake' },
  claims(user: UserLine, facts: Facts): boolean {
    const { queue, darwin } = facts;
    if (darwin) return (darwin.overflows ?? 0) > 0 && shutOut(user) && !fdExhaustion.claims(user, facts);
    // A server without descriptors may leave its queue to fill: then that is the cause.
    if (queue === undefined || queue.overflows === 0 || fdExhaustion.claims(user, facts)) return false;
    // Which of two queues dropped a SYN the kernel does not say of each: the one that dropped more has the users.
    return queue.overflows >= queue.synDrops && keptOut(user, queue);
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { queue, darwin } = facts;
    if (darwin) return judgeDarwinDrop(facts, darwin, claimed);
    if (queue === undefined) return unreadQueue();
    const overflow = expecting(overflowItem(facts, queue, claimed), 'a queue with room drops nothing');
    const items = [overflow, queueItem(queue), abortItem(queue), slowItem(facts)];
    const unseen = unseenWaits(facts);
    if (claimed === 0 && unseen && queue.overflows > 0)
      return { verdict: 'insufficient-data', for: [], against: [...items, unseen] };
    if (claimed > 0) {
      const says = `${count(claimed, 'user')} gave up, and nobody refused or reset them: their SYN was dropped, and sent again too late`;
      const waited = item('robots', 'timed out in the handshake', 0, claimed, says);
      return byClaims(claimed, [...items, expecting(waited, 'connect(2) returns in a round trip')]);
    }
    // Others have the users, but some of these had to wait for a second SYN as well.
    const shut = facts.failed.some((user) => queue.overflows > 0 && keptOut(user, queue));
    if (shut) return { verdict: 'contributing', for: items, against: [] };
    return byRest(claimed, items, queue.overflows > 0 ? 'users time out in the handshake' : undefined);
  },
  signs: signsOfQueueDrop,
  fix(facts: Facts, settings: Settings): Fix | undefined {
    return facts.darwin ? roomOnDarwin(facts, settings) : largerQueue(facts.queue, settings);
  },
};

import { count } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import { fdExhaustion } from './fd-exhaustion.ts';
import {
  byClaims,
  type Cause,
  counterItem,
  expecting,
  type Fix,
  item,
  type Judgement,
  serverWord,
} from './shared/cause.ts';
import { abortItem, largerQueue, overflowItem, queueItem, withoutLinuxQueue } from './shared/listen-queue.ts';
import { signsOfQueueReset } from './shared/signs.ts';
import { OVERFLOW_RESETS, traceItem } from './shared/trace-item.ts';

const ON_MACOS =
  'macOS has no tcp_abort_on_overflow: nobody is reset for a full queue when the last ACK comes';

export const acceptQueueReset: Cause = {
  id: 'accept-queue-reset',
  title: 'the accept queue overflows and answers with RST (tcp_abort_on_overflow = 1)',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows grows with tcp_abort_on_overflow 1, and users are reset before they are open',
  under: 'listen-backlog',
  // The link is delayed so that every SYN is let in before the first ACK: 3 of 8 find room, 5 are reset, each time.
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
  claims(user: UserLine, facts: Facts): boolean {
    const { queue } = facts;
    if (!queue?.abort || queue.overflows === 0 || fdExhaustion.claims(user, facts)) return false;
    return user.outcome === 'reset' && user.stage !== 'open';
  },
  judge(facts: Facts, claimed: number): Judgement {
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
    const rsts = counterItem(
      facts,
      'Tcp OutRsts',
      (growth) => `${growth} RST sent in the ${serverWord(facts)}'s network namespace`,
    );
    const users = item('robots', 'reset in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, users, rsts, ...traceItem(facts, OVERFLOW_RESETS)]);
  },
  signs: signsOfQueueReset,
  fix({ queue }: Facts, settings: Settings): Fix | undefined {
    const larger = largerQueue(queue, settings);
    const change = ['tcp_abort_on_overflow 1 → 0', larger?.change].filter(Boolean).join(', ');
    return { change, settings: { ...larger?.settings, tcp_abort_on_overflow: 0 } };
  },
};

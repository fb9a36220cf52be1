import { count, duration } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import { smallest } from '../facts/numbers.ts';
import { once } from '../facts/once.ts';
import { requestLifetimeMs } from '../laws/retransmission-law.ts';
import type { Settings } from '../settings/schema.ts';
import { fdExhaustion } from './fd-exhaustion.ts';
import {
  byClaims,
  byRest,
  type Cause,
  counterItem,
  expecting,
  type Fix,
  item,
  type Judgement,
  serverWord,
} from './shared/cause.ts';
import {
  abortItem,
  cameLate,
  largerQueue,
  overflowItem,
  queueItem,
  withoutLinuxQueue,
} from './shared/listen-queue.ts';
import { FORGOTTEN_RESETS, traceItem } from './shared/trace-item.ts';

/** However few its retries, a request is remembered for so long; the kernel's clock ticks 100 to 1000 times a second. */
const SHORTEST_MS = requestLifetimeMs(0, 0, 0) - 10;

const CLOSED_UNREAD = 'TcpExt TCPAbortOnClose';

const ON_MACOS =
  'macOS keeps what is half-open in the one queue: whoever is thrown out of it is reset at once, not late';

export const lateReset: Cause = {
  id: 'late-reset',
  title:
    'the handshake is complete for the client alone: the gateway has forgotten it, and its first data is reset',
  toldBy: 'kernel',
  looksLike: 'ListenOverflows grows, and users are reset a second or more after connect(2), closed by nobody',
  under: 'listen-backlog',
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
  claims(user: UserLine, facts: Facts): boolean {
    const { queue } = facts;
    if (queue === undefined || queue.abort || queue.overflows === 0) return false;
    if (fdExhaustion.claims(user, facts) || closedByItself(facts)) return false;
    return isReset(user) && waitedMs(user) >= SHORTEST_MS;
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { queue } = facts;
    if (queue === undefined) return withoutLinuxQueue(facts, ON_MACOS);
    const items = [overflowItem(facts, queue, claimed), abortItem(queue), queueItem(queue)];
    const lacks = 'users are reset a second or more after connect(2), closed by nobody';
    if (claimed === 0) return byRest(claimed, items, queue.overflows > 0 ? lacks : undefined);
    const soonest = smallest(resets(facts).map(({ endedMs = 0 }) => endedMs));
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
  fix({ queue }: Facts, settings: Settings): Fix | undefined {
    return largerQueue(queue, settings);
  },
};

/** For how long the kernel can have remembered its handshake: of a SYN that was sent again, since that got through. */
function waitedMs(user: UserLine): number {
  return (user.endedMs ?? 0) - (cameLate(user) ? (user.connectedMs ?? 0) : 0);
}

const resets = once(({ failed }: Facts) => failed.filter(isReset));

/** Reset with nothing before it: where a FIN came first (EPIPE), somebody had accepted the connection and closed it. */
function isReset({ outcome, stage, errno }: UserLine): boolean {
  return outcome === 'reset' && stage === 'upgrade' && errno !== 'EPIPE';
}

/** The server had accepted those that it reset: it closed as many sockets with their request unread. */
function closedByItself(facts: Facts): boolean {
  return (facts.counter(CLOSED_UNREAD) ?? 0) >= resets(facts).length;
}

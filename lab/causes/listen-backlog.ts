import type { UserLine } from '../../robots/lines.ts';
import { SLOW_CONNECT_MS } from '../verdict/facts/users.ts';
import type { Facts, QueueFacts } from '../verdict/facts.ts';
import type { EvidenceItem } from '../verdict/types.ts';
import { count } from '../words.ts';
import { byClaims, type Cause, counterItem, item, type Judgement } from './cause.ts';

export const listenBacklog: Cause = {
  id: 'listen-backlog',
  title: 'the accept queue overflows (backlog, somaxconn)',
  toldBy: 'kernel',
  claims(user: UserLine, { queue }: Facts): boolean {
    if (queue === undefined || queue.overflows + queue.synDrops === 0) return false;
    if (user.stage === 'open') return false;
    if (user.stageUnknown) return false;
    if (user.outcome === 'timeout') return user.stage === 'connect' || !queue.abort || cameLate(user);
    // Without abort an overflow resets only a user whose SYN-ACK retries ran out; with it, at once.
    return user.outcome === 'reset' && queue.overflows > 0;
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { queue } = facts;
    if (queue === undefined) {
      const unread = item(
        '/proc/<pid>/net/netstat',
        'TcpExt ListenOverflows',
        null,
        null,
        'could not be read',
      );
      return { verdict: 'insufficient-data', for: [], against: [unread] };
    }
    const items = [overflowItem(facts, queue, claimed), queueItem(queue), abortItem(queue), slowItem(facts)];
    const unseen = facts.failed.filter((user) => user.stageUnknown && user.outcome === 'timeout').length;
    if (claimed === 0 && unseen > 0 && queue.overflows + queue.synDrops > 0) {
      return { verdict: 'insufficient-data', for: [], against: [...items, unseenItem(unseen)] };
    }
    return byClaims(claimed, claimed > 0 ? [...items, claimedItem(claimed)] : items);
  },
};

/** Let in only with a later SYN, and so with less of its time left. */
function cameLate({ connectedMs = 0 }: UserLine): boolean {
  return connectedMs >= SLOW_CONNECT_MS;
}

function overflowItem(facts: Facts, { overflows }: QueueFacts, claimed: number): EvidenceItem {
  return counterItem(facts, 'TcpExt ListenOverflows', () => {
    if (overflows === 0) return 'the accept queue never overflowed';
    return claimed > 0
      ? `${count(overflows, 'handshake packet')} dropped`
      : `${overflows} dropped, all made good later`;
  });
}

function queueItem({ peak, capacity }: QueueFacts): EvidenceItem {
  return item(
    '/proc/<pid>/net/tcp',
    'accept queue',
    0,
    peak,
    `at most ${peak} seen of ${capacity} that fit`,
    capacity,
  );
}

function abortItem({ abort }: QueueFacts): EvidenceItem {
  const says = abort
    ? 'an overflow is answered with RST'
    : 'an overflow drops the packet and sends no RST: users wait';
  return item('/proc/sys/net/ipv4', 'tcp_abort_on_overflow', null, abort ? 1 : 0, says);
}

function slowItem({ slowConnects }: Facts): EvidenceItem {
  if (slowConnects === undefined) {
    const unseen = 'not measured: this driver does not see the TCP handshake';
    return item('robots', 'connected after 0.9 s or more', null, null, unseen);
  }
  const says =
    slowConnects === 0
      ? 'nobody waited for a second SYN, which comes after 1 s'
      : `${count(slowConnects, 'user')} waited so long: for a second SYN, or for a busy robot`;
  return item('robots', 'connected after 0.9 s or more', 0, slowConnects, says);
}

function claimedItem(claimed: number): EvidenceItem {
  return item('robots', 'failed in the handshake', 0, claimed, `${count(claimed, 'user')} never got through`);
}

function unseenItem(users: number): EvidenceItem {
  const says = `${count(users, 'user')} gave up in the handshake or in the upgrade: the driver cannot tell which`;
  return item('robots', 'timed out, stage unknown', 0, users, says);
}

import { count } from '../../../common/format.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Facts, QueueFacts } from '../../facts/facts.ts';
import { SLOW_CONNECT_MS } from '../../facts/user-groups.ts';
import type { Settings } from '../../settings/schema.ts';
import { counterItem, type Fix, item, type Judgement } from './cause.ts';
import type { EvidenceItem } from './verdict-types.ts';

/** What the causes of a full listen queue have in common. */

/** The verdict where the queue's counters could not be read. */
export function unreadQueue(): Judgement {
  const says = 'could not be read';
  const unread = item('/proc/<pid>/net/netstat', 'TcpExt ListenOverflows', null, null, says);
  return { verdict: 'insufficient-data', for: [], against: [unread] };
}

/** The same for a cause that Linux alone has: on macOS, which is not Linux, that refutes it, and `says` why. */
export function withoutLinuxQueue({ darwin }: Facts, says: string): Judgement {
  if (darwin === undefined) return unreadQueue();
  return { verdict: 'refuted', for: [], against: [item('the kernel', 'macOS', null, null, says)] };
}

/** Connected only by a later SYN, and so with less of its time left. */
export function cameLate({ connectedMs = 0 }: UserLine): boolean {
  return connectedMs >= SLOW_CONNECT_MS;
}

/**
 * A user kept out of a queue until it gave up. Of one that believes itself connected (its ACK was dropped, and no RST sent) that
 * is so only if the queue was full when its request was sent again: between two of those the wait doubles, so the last was in
 * the second half.
 */
export function keptOut(user: UserLine, { fullAt, abort }: QueueFacts): boolean {
  if (user.outcome !== 'timeout' || user.stageUnknown || user.stage === 'open') return false;
  if (user.stage === 'connect' || cameLate(user)) return true;
  return !abort && fullAt !== undefined && fullAt >= user.startedAt + (user.endedMs ?? 0) / 2;
}

/** Users that gave up before they were open, where the driver does not see in which stage. */
export function unseenWaits({ failed }: Facts): EvidenceItem | undefined {
  const users = failed.filter(({ stageUnknown, outcome }) => stageUnknown && outcome === 'timeout').length;
  if (users === 0) return undefined;
  const says = `${count(users, 'user')} gave up in the handshake or in the upgrade: the driver cannot tell which`;
  return item('robots', 'timed out, stage unknown', 0, users, says);
}

export function overflowItem(facts: Facts, { overflows }: QueueFacts, claimed: number): EvidenceItem {
  return counterItem(facts, 'TcpExt ListenOverflows', () => {
    if (overflows === 0) return 'the accept queue never overflowed';
    return claimed > 0
      ? `${count(overflows, 'handshake packet')} dropped`
      : `${count(overflows, 'handshake packet')} dropped, and no user failed by it`;
  });
}

export function queueItem({ peak, capacity }: QueueFacts): EvidenceItem {
  const says = `at most ${peak} seen of ${capacity} that fit`;
  return item('/proc/<pid>/net/tcp', 'accept queue', 0, peak, says, capacity);
}

export function abortItem({ abort }: QueueFacts): EvidenceItem {
  const says = abort
    ? 'an overflow is answered with RST'
    : 'an overflow drops the packet and sends no RST: users wait';
  return item('/proc/sys/net/ipv4', 'tcp_abort_on_overflow', null, abort ? 1 : 0, says);
}

export function slowItem({ slowConnects }: Facts): EvidenceItem {
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

const LARGEST_QUEUE = 65_535;

/** A queue in which the whole load has room twice over: of `backlog` and `somaxconn` what is below that, raised to it. */
export function largerQueue(queue: QueueFacts | undefined, { users, waiting }: Settings): Fix | undefined {
  if (queue === undefined) return undefined;
  const wanted = Math.min(LARGEST_QUEUE, 2 ** Math.ceil(Math.log2(2 * (users + waiting))));
  const changes: string[] = [];
  const settings: Fix['settings'] = {};
  for (const name of ['backlog', 'somaxconn'] as const) {
    if (queue[name] >= wanted) continue;
    changes.push(`${name} ${queue[name]} → ${wanted}`);
    settings[name] = wanted;
  }
  return changes.length === 0 ? undefined : { change: changes.join(', '), settings };
}

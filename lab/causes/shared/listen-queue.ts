import { count, duration } from '../../../common/format.ts';
import { SETTINGS } from '../../../protocol/settings.ts';
import type { QueueFacts } from '../../facts/facts.ts';
import { once } from '../../facts/once.ts';
import { connectedNotOpen } from '../../facts/stages.ts';
import { SLOW_CONNECT_MS } from '../../facts/user-groups.ts';
import { mostHandshakePackets, requestLifetimeMs } from '../../laws/retransmission-law.ts';
import {
  change,
  contributing,
  counterItem,
  type Facts,
  type Fix,
  type Item,
  item,
  type Judgement,
  type Settings,
  type Signs,
  together,
  type UserLine,
  uncounted,
  undecided,
  unread,
} from './cause.ts';
import { windowAt } from './depth.ts';

/** What the causes of a full listen queue share. */

/** The verdict where the queue's counters could not be read. */
export function unreadQueue(): Judgement {
  return undecided([unread({ counter: 'TcpExt ListenOverflows' }, 'TcpExt ListenOverflows')]);
}

/** The same for a cause that only Linux has: macOS refutes it, and `says` why. */
export function withoutLinuxQueue({ darwin }: Facts, says: string): Judgement {
  if (darwin === undefined) return unreadQueue();
  return { verdict: 'refuted', for: [], against: [item('the kernel', 'macOS', null, null, says)] };
}

/** The user connected only by a repeated SYN, and so had less of its time left. */
export function cameLate({ connectedMs = 0 }: UserLine): boolean {
  return connectedMs >= SLOW_CONNECT_MS;
}

/**
 * The queue kept this user out until it gave up. A user whose ACK was dropped without an RST believes itself connected. Then that holds
 * only if the queue was still full when its request was sent again. The wait between two repeats doubles, so the last repeat fell into
 * the second half of its wait.
 */
export function keptOut(user: UserLine, { fullAt, abort }: QueueFacts): boolean {
  if (user.outcome !== 'timeout' || user.stageUnknown || user.stage === 'open') return false;
  if (user.stage === 'connect' || cameLate(user)) return true;
  return !abort && fullAt !== undefined && fullAt >= user.startedAt + secondHalfMs(user);
}

/** When the second half of its wait began, ms after its start; it is as long. */
function secondHalfMs({ endedMs = 0 }: UserLine): number {
  return endedMs / 2;
}

/** How near in time the two must be; undefined: what the user tells decides alone. */
export function fullQueueWindowMs(user: UserLine, { fullAt, abort }: QueueFacts): number | undefined {
  if (user.outcome !== 'timeout' || user.stageUnknown || !connectedNotOpen(user.stage)) return undefined;
  if (abort || fullAt === undefined || cameLate(user)) return undefined;
  const halfMs = secondHalfMs(user);
  return windowAt(fullAt - (user.startedAt + halfMs), halfMs);
}

/**
 * Each user that a full queue resets, now or later, costs one packet that found no room and one RST of the kernel
 * (net/ipv4/tcp_minisocks.c tcp_check_req, net/ipv4/tcp_ipv4.c tcp_v4_send_reset). So there are no more such users than of either.
 */
export function overflowsAndResets({ queue, counter }: Facts): number {
  return Math.min(queue?.overflows ?? 0, counter('Tcp OutRsts') ?? Number.POSITIVE_INFINITY);
}

/** Users that gave up before they were open, where the driver does not report the stage. */
export function unseenWaits({ failed }: Facts): Item | undefined {
  const users = failed.filter(({ stageUnknown, outcome }) => stageUnknown && outcome === 'timeout').length;
  if (users === 0) return undefined;
  const says = `${count(users, 'user')} gave up, in the handshake or in the upgrade: the driver does not report which`;
  return item('robots', 'timed out, stage unknown', 0, users, says);
}

export function overflowItem(facts: Facts, { overflows }: QueueFacts, claimed: number): Item {
  return counterItem(facts, 'TcpExt ListenOverflows', () => {
    if (overflows === 0) return 'the accept queue never overflowed';
    return claimed > 0
      ? `${count(overflows, 'handshake packet')} dropped`
      : `${count(overflows, 'handshake packet')} dropped, and no user failed by it`;
  });
}

export function queueItem({ peak, capacity }: QueueFacts): Item {
  const says = `at most ${peak} of ${capacity} places seen in use`;
  return item('accept queue', 'accept queue', 0, peak, says, capacity);
}

export function abortItem({ abort }: QueueFacts): Item {
  const says = abort
    ? 'an overflow is answered with RST'
    : 'an overflow drops the packet and sends no RST, so users wait';
  return item(
    { sysctl: 'net.ipv4.tcp_abort_on_overflow' },
    'tcp_abort_on_overflow',
    null,
    abort ? 1 : 0,
    says,
  );
}

export function slowItem({ slowConnects, failed }: Facts): Item {
  if (slowConnects === undefined) {
    const unseen = 'not measured: this driver does not report the TCP handshake';
    return item('robots', 'connected after 0.9 s or more', null, null, unseen);
  }
  const gaveUp = failed.filter(({ outcome, stage }) => outcome === 'timeout' && stage === 'connect').length;
  const nobody = gaveUp === 0 ? 'no user' : `${count(gaveUp, 'user')} never connected; no other user`;
  const says =
    slowConnects === 0
      ? `${nobody} waited for a second SYN, which is sent after 1 s`
      : `${count(slowConnects, 'user')} connected after 0.9 s or more: by a second SYN, or because the robot was busy`;
  return item('robots', 'connected after 0.9 s or more', 0, slowConnects, says);
}

/** A queue with room for twice the whole load: whichever of `backlog` and `somaxconn` is smaller than that is raised to it. */
export function largerQueue(queue: QueueFacts | undefined, { users, waiting }: Settings): Fix | undefined {
  if (queue === undefined) return undefined;
  const wanted = Math.min(SETTINGS.somaxconn.max, 2 ** Math.ceil(Math.log2(2 * (users + waiting))));
  return together(
    (['backlog', 'somaxconn'] as const).map((name) =>
      queue[name] < wanted ? change(name, queue[name], wanted) : undefined,
    ),
  );
}

/** Even without retries the kernel remembers a request for this long; its clock ticks 100 to 1000 times a second. */
const SHORTEST_MS = requestLifetimeMs(0, 0, 0) - 10;

/** Counts each socket that is closed with data unread. */
export const CLOSED_UNREAD = 'TcpExt TCPAbortOnClose';

/** Users reset in the upgrade without a FIN before the RST. After a FIN (EPIPE) the server had accepted the connection and closed it. */
export const bareResets = once(({ failed }: Facts) => failed.filter(isBareReset));

function isBareReset({ outcome, stage, errno }: UserLine): boolean {
  return outcome === 'reset' && connectedNotOpen(stage) && errno !== 'EPIPE';
}

/** The queue dropped the end of this user's handshake, and the kernel forgot it: the user was reset late, and nobody closed it. */
export function wasForgotten(user: UserLine, facts: Facts): boolean {
  const { queue, counter } = facts;
  if (queue === undefined || queue.abort || queue.overflows === 0 || !isBareReset(user)) return false;
  // The server had accepted this connection, and reset it.
  if (facts.outside && facts.connections?.resetUsers.has(user)) return false;
  // The server closed as many sockets with their request unread as users were reset: so it had accepted them.
  if ((counter(CLOSED_UNREAD) ?? 0) >= bareResets(facts).length) return false;
  // After a repeated SYN the kernel remembers the request from that SYN on.
  const { endedMs = 0, connectedMs = 0 } = user;
  return endedMs - (cameLate(user) ? connectedMs : 0) >= SHORTEST_MS;
}

/** By the server's side alone: the wait for a descriptor fills the queue as well, and then its drops belong to that cause. */
export function signsOfNoDescriptor({ descriptors, outside }: Facts, items: Item[]): Signs | undefined {
  if (descriptors?.full === undefined || !outside?.stuck) return undefined;
  const says = 'the server had no descriptor left and accepted nobody: the full queue is a consequence';
  return uncounted(contributing([...items, item('descriptors', 'descriptors', null, null, says)]));
}

/** The same where the server accepts nobody, or one for each that leaves: then a longer queue would be full as well. */
export function signsOfWaiters({ outside }: Facts, items: Item[]): Signs | undefined {
  const { waiting } = outside ?? {};
  if (waiting?.where !== 'queue') return undefined;
  const says = `the queue was never empty for ${duration(waiting.to - waiting.from)} while the server had time: the full queue is a consequence`;
  const consequence = item('accept queue', 'waiting at once', 0, waiting.most, says);
  return uncounted(
    waiting.kind === 'open' ? undecided([...items, consequence]) : contributing([...items, consequence]),
  );
}

/**
 * In a burst a queue may overflow for an instant, and the user connects a second later like all others. So few dropped packets, as a part
 * of all complete handshakes, fail nobody. If higher, an overflow that failed users is only called contributing. If lower, a burst without
 * failures confirms a cause.
 */
const NOT_MANY = 0.1;

/** The same where so few packets were dropped that repeats made them good. */
export function signsOfFewDrops({ outside }: Facts, drops: number, items: Item[]): Signs | undefined {
  // A tenth of all arrivals in the namespace is at least a tenth of this server's own.
  const came = outside?.came ?? outside?.cameAround;
  if (came !== undefined && drops > NOT_MANY * came) return undefined;
  const says =
    came === undefined
      ? 'arrivals could not be counted; dropped packets are sent again, and --load shows whether any user failed'
      : 'the drops are fewer than a tenth of the complete handshakes; each is sent again, and --load shows whether any user failed';
  return uncounted(contributing([...items, item('ledger', 'connections', 0, came ?? null, says)]));
}

/**
 * The least number of users behind these dropped packets, and the items with that said. `byCount` counts users, and a user whose handshake
 * is dropped sends several packets.
 */
export function atLeast({ outside }: Facts, drops: number, items: Item[]): [users: number, items: Item[]] {
  const each = mostHandshakePackets(outside?.watchedMs ?? 0);
  const users = Math.ceil(drops / each);
  const says = `at least ${count(users, 'user')}: one user sends at most ${each} of these packets in the watched time`;
  return [users, [...items, item('law', 'users behind the drops', 0, users, says)]];
}

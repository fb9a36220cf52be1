import { count, duration } from '../../../common/format.ts';
import { SETTINGS } from '../../../protocol/settings.ts';
import type { QueueFacts } from '../../facts/facts.ts';
import { once } from '../../facts/once.ts';
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

/** What the causes of a full listen queue have in common. */

/** The verdict where the queue's counters could not be read. */
export function unreadQueue(): Judgement {
  return undecided([unread({ counter: 'TcpExt ListenOverflows' }, 'TcpExt ListenOverflows')]);
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

/**
 * Whom a full queue resets, now or later, it cost a packet that it had no room for, and the kernel an RST
 * (net/ipv4/tcp_minisocks.c tcp_check_req, net/ipv4/tcp_ipv4.c tcp_v4_send_reset): no more than there were of either.
 */
export function overflowsAndResets({ queue, counter }: Facts): number {
  return Math.min(queue?.overflows ?? 0, counter('Tcp OutRsts') ?? Number.POSITIVE_INFINITY);
}

/** Users that gave up before they were open, where the driver does not see in which stage. */
export function unseenWaits({ failed }: Facts): Item | undefined {
  const users = failed.filter(({ stageUnknown, outcome }) => stageUnknown && outcome === 'timeout').length;
  if (users === 0) return undefined;
  const says = `${count(users, 'user')} gave up in the handshake or in the upgrade: the driver cannot tell which`;
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
  const says = `at most ${peak} seen of ${capacity} that fit`;
  return item('accept queue', 'accept queue', 0, peak, says, capacity);
}

export function abortItem({ abort }: QueueFacts): Item {
  const says = abort
    ? 'an overflow is answered with RST'
    : 'an overflow drops the packet and sends no RST: users wait';
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
    const unseen = 'not measured: this driver does not see the TCP handshake';
    return item('robots', 'connected after 0.9 s or more', null, null, unseen);
  }
  const gaveUp = failed.filter(({ outcome, stage }) => outcome === 'timeout' && stage === 'connect').length;
  const nobody = gaveUp === 0 ? 'nobody' : `${count(gaveUp, 'user')} never connected; of the others nobody`;
  const says =
    slowConnects === 0
      ? `${nobody} waited for a second SYN, which comes after 1 s`
      : `${count(slowConnects, 'user')} waited so long: for a second SYN, or for a busy robot`;
  return item('robots', 'connected after 0.9 s or more', 0, slowConnects, says);
}

/** A queue in which the whole load has room twice over: of `backlog` and `somaxconn` what is below that, raised to it. */
export function largerQueue(queue: QueueFacts | undefined, { users, waiting }: Settings): Fix | undefined {
  if (queue === undefined) return undefined;
  const wanted = Math.min(SETTINGS.somaxconn.max, 2 ** Math.ceil(Math.log2(2 * (users + waiting))));
  return together(
    (['backlog', 'somaxconn'] as const).map((name) =>
      queue[name] < wanted ? change(name, queue[name], wanted) : undefined,
    ),
  );
}

/** However few its retries, a request is remembered for so long; the kernel's clock ticks 100 to 1000 times a second. */
const SHORTEST_MS = requestLifetimeMs(0, 0, 0) - 10;

/** Grows for each socket that is closed with data unread. */
export const CLOSED_UNREAD = 'TcpExt TCPAbortOnClose';

/** Reset in the upgrade with nothing before it: where a FIN came first (EPIPE), somebody had accepted the connection and closed it. */
export const bareResets = once(({ failed }: Facts) => failed.filter(isBareReset));

function isBareReset({ outcome, stage, errno }: UserLine): boolean {
  return outcome === 'reset' && stage === 'upgrade' && errno !== 'EPIPE';
}

/** The kernel had forgotten its handshake, of which the queue had dropped the end: it was reset late, and closed by nobody. */
export function wasForgotten(user: UserLine, facts: Facts): boolean {
  const { queue, counter } = facts;
  if (queue === undefined || queue.abort || queue.overflows === 0 || !isBareReset(user)) return false;
  // Its own connection tells: the server had it, and reset it.
  const had = facts.outside && user.port !== undefined && facts.connections?.resetPorts.has(user.port);
  if (had) return false;
  // The server had accepted those that it reset: it closed as many sockets with their request unread.
  if ((counter(CLOSED_UNREAD) ?? 0) >= bareResets(facts).length) return false;
  // A SYN that was sent again got through: that is when it was remembered from.
  const { endedMs = 0, connectedMs = 0 } = user;
  return endedMs - (cameLate(user) ? connectedMs : 0) >= SHORTEST_MS;
}

/** By what the server shows alone: the wait for a descriptor fills the queue as well, and then its drops are that cause's. */
export function signsOfNoDescriptor({ descriptors, outside }: Facts, items: Item[]): Signs | undefined {
  if (descriptors?.full === undefined || !outside?.stuck) return undefined;
  const says = 'the server had no descriptor left and took nobody out of it: a consequence';
  return uncounted(contributing([...items, item('descriptors', 'descriptors', null, null, says)]));
}

/** The same where it stays full since nobody is taken out of it, or one for each that leaves: a longer one would be full as well. */
export function signsOfWaiters({ outside }: Facts, items: Item[]): Signs | undefined {
  const { waiting } = outside ?? {};
  if (waiting?.where !== 'queue') return undefined;
  const says = `the queue was never empty for ${duration(waiting.to - waiting.from)}, and the server had time: that it was full is a consequence`;
  const consequence = item('accept queue', 'waiting at once', 0, waiting.most, says);
  return uncounted(
    waiting.kind === 'open' ? undecided([...items, consequence]) : contributing([...items, consequence]),
  );
}

/**
 * In a burst a queue may overflow for an instant, and who came a second later for it is let in like all others: so few packets, of
 * the handshakes that completed, fail nobody. Higher, and an overflow that failed users is only said to contribute; lower, and a burst
 * without failures confirms a cause.
 */
const NOT_MANY = 0.1;

/** The same where as few packets were dropped as are made good. */
export function signsOfFewDrops({ outside }: Facts, drops: number, items: Item[]): Signs | undefined {
  // Of all that came to anybody there a tenth is a tenth of its own as well, or more.
  const came = outside?.came ?? outside?.cameAround;
  if (came !== undefined && drops > NOT_MANY * came) return undefined;
  const says =
    came === undefined
      ? 'how many came could not be counted: each is sent again, and --load shows whether anybody failed'
      : 'fewer than a tenth of the handshakes that completed: each is sent again, and --load shows whether anybody failed';
  return uncounted(contributing([...items, item('ledger', 'connections', 0, came ?? null, says)]));
}

/**
 * So many users at the least are behind so many dropped packets, and the items with that said: `byCount` explains users, and a user
 * whose handshake is dropped sends several.
 */
export function atLeast({ outside }: Facts, drops: number, items: Item[]): [users: number, items: Item[]] {
  const each = mostHandshakePackets(outside?.watchedMs ?? 0);
  const users = Math.ceil(drops / each);
  const says = `at least so many: in the time that was watched one sends no more than ${each} of these packets`;
  return [users, [...items, item('law', 'users behind the drops', 0, users, says)]];
}

import { defined } from '../../common/defined.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import { darwinQueueCapacity } from '../../system/darwin/queue-limit.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { DARWIN } from '../laws/queue-model/darwin-counters.ts';
import { type Held, heldWhileStopped } from './accept-queue.ts';
import type { Counter } from './counter-growth.ts';
import type { Reading } from './reading.ts';
import { busiestSecond } from './restarts.ts';
import { openTimes } from './user-groups.ts';

/** The listener's queue at one moment, as netstat -L shows it: half-open and complete, half-open, limit. */
export type QueueSeen = NonNullable<ObservedLine['listenQueue']>;

/**
 * What macOS shows of its one listen queue, for half-open and complete connections together. Without `heldAtOnce` the gateway was not
 * stopped.
 */
export interface DarwinFacts extends Partial<Held> {
  /** The backlog that the gateway passed to listen(2), and kern.ipc.somaxconn. */
  backlog?: number;
  somaxconn?: number;
  /** How many connections fit; undefined: not known. 0: every SYN is dropped. */
  capacity?: number;
  /** The fullest sample; of equally full ones, the one with most half-open. */
  fullest?: QueueSeen;
  /** Seen full with none half-open: the gateway does not accept, and SYNs are dropped. */
  stuck: boolean;
  /** Seen full with some half-open: these are thrown out for new SYNs. */
  evicting: boolean;
  /** SYNs that found the queue full, whether or not room was made for them; undefined without root. */
  overflows?: number;
  /** Segments that hit the listener, each answered with RST; undefined where neither counter could be read. */
  refused?: { count: number; counter: string; read: Reading };
  /** Packets with data for connections that the gateway had closed with FIN, each answered with RST; undefined without root. */
  afterClose?: number;
  /**
   * Entries that were thrown out for a new SYN, by the counters; undefined where `refused` is. Each gets an RST for its ACK, and one more
   * for its request if that was sent before. So `most` is one for each refused segment, `least` one for each two. There are no more than
   * overflows.
   */
  evicted?: { least: number; most: number };
  /**
   * Entries that never became complete, which over loopback are the evicted ones: 2 × accepts − established, since both ends count as
   * established (XNU bsd/netinet/tcp_input.c: tcps_accepts at the SYN, tcps_connects at each end). It includes the connections of other
   * programs; undefined without root.
   */
  neverComplete?: number;
  /** Failed users whose connect(2) the kernel gave up (ETIMEDOUT): 75 s here, 131 s on Linux. */
  gaveUp: number;
  /** Users that became open within the busiest second; undefined: none. */
  pace?: number;
}

/** Did the gateway run on a kernel of macOS? An engine on a Mac runs it on one of Linux. */
export function isDarwin({ host, runtime }: Pick<Evidence, 'host' | 'runtime'>): boolean {
  return host.os === 'darwin' && runtime === 'native';
}

/** Undefined on any other kernel. */
export function darwinFacts(evidence: Evidence, counter: Counter): DarwinFacts | undefined {
  if (!isDarwin(evidence)) return undefined;
  const { observer, gateway, fleet } = evidence;
  const seen = observer.series.flatMap(({ listenQueue }) => listenQueue ?? []);
  const fullest = seen.reduce<QueueSeen | undefined>(fuller, undefined);
  const somaxconn = numberOf(observer.before?.sysctls['kern.ipc.somaxconn']);
  const soqlimitcompat = numberOf(observer.before?.sysctls['kern.ipc.soqlimitcompat']) ?? 1;
  const backlog = gateway.listening?.backlog;
  const capacity =
    backlog !== undefined && somaxconn !== undefined
      ? darwinQueueCapacity({ backlog, somaxconn, soqlimitcompat })
      : fullest && Math.max(0, fullest.maxqlen);
  const full = seen.filter(({ qlen }) => capacity !== undefined && qlen >= capacity);
  const opened = openTimes(fleet.users);
  const refused = refusedBy(counter);
  const overflows = counter(DARWIN.listenDrop);
  const afterClose = counter(DARWIN.afterClose);
  return {
    ...defined({
      backlog,
      somaxconn,
      capacity,
      fullest,
      overflows,
      refused,
      afterClose,
      evicted: refused && evictedBy(refused.count, overflows, afterClose),
      neverComplete: neverComplete(counter),
      pace: opened.length === 0 ? undefined : busiestSecond(opened),
    }),
    stuck: full.some(({ incqlen }) => incqlen === 0),
    evicting: full.some(({ incqlen }) => incqlen > 0),
    ...(gateway.stopped ? heldWhileStopped(fleet.users, gateway.stopped.to, true) : {}),
    gaveUp: fleet.users.filter(({ stage, errno }) => stage === 'connect' && errno === 'ETIMEDOUT').length,
  };
}

function fuller(one: QueueSeen | undefined, other: QueueSeen): QueueSeen {
  if (one === undefined || other.qlen > one.qlen) return other;
  return other.qlen === one.qlen && other.incqlen > one.incqlen ? other : one;
}

/** Root reads the counter of all interfaces; perhaps every user can read that of lo0. */
function refusedBy(counter: Counter): DarwinFacts['refused'] {
  for (const [name, read] of [
    [DARWIN.badSyn, 'TCP of macOS'],
    [DARWIN.listBadSyn, 'TCP of macOS on lo0'],
  ] as const) {
    const growth = counter(name);
    if (growth !== undefined) return { count: growth, counter: name, read };
  }
  return undefined;
}

/** A connection closed with FIN ends at its first data, and the client's ACK of that FIN then arrives at the listener. */
function evictedBy(
  refused: number,
  overflows = Number.POSITIVE_INFINITY,
  afterClose = 0,
): DarwinFacts['evicted'] {
  const most = Math.min(refused, overflows);
  return { least: Math.min(most, Math.ceil(Math.max(0, refused - afterClose) / 2)), most };
}

function neverComplete(counter: Counter): number | undefined {
  const accepts = counter(DARWIN.accepts);
  const connects = counter(DARWIN.connects);
  return accepts === undefined || connects === undefined ? undefined : Math.max(0, 2 * accepts - connects);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

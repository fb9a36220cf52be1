import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { acceptQueueCapacity } from '../laws/accept-queue-law.ts';
import type { Counter } from './counter-growth.ts';
import { ownDrops } from './server.ts';

/** The accept queue and its counters; without `heldAtOnce` the gateway was not stopped. */
export interface QueueFacts extends Partial<Held> {
  /** The backlog that the gateway passed to listen(2), and somaxconn of its network namespace. */
  backlog: number;
  somaxconn: number;
  capacity: number;
  peak: number;
  /** When the queue was last seen full, or an overflow was counted, ms; undefined: never. */
  fullAt?: number;
  overflows: number;
  abort: boolean;
  /**
   * SYNs dropped for another reason than a full accept queue: the SYN queue is full (`TCPReqQFullDrop`), or the last quarter
   * of tcp_max_syn_backlog is kept for peers known before, which only ListenDrops counts (net/ipv4/tcp_input.c
   * tcp_conn_request).
   */
  synDrops: number;
  /** tcp_max_syn_backlog in force; undefined: could not be read. */
  maxSynBacklog?: number;
}

/** Undefined where the counters, somaxconn or the gateway's backlog could not be read. */
export function queueFacts(evidence: Evidence, counter: Counter): QueueFacts | undefined {
  const { observer, gateway } = evidence;
  const { server, sysctls } = observer.before ?? {};
  const overflows = counter('TcpExt ListenOverflows');
  if (overflows === undefined) return undefined;
  const somaxconn = Number(sysctls?.somaxconn);
  const peak = observer.series.reduce((max, line) => Math.max(max, line.acceptQueue ?? 0), 0);
  // For a server that is not ours the kernel shows the capacity. A queue that overflowed was full, so its capacity is its peak.
  const strangers = server && (server.backlog ?? (overflows > 0 && peak > 0 ? peak - 1 : somaxconn));
  const backlog = server ? strangers : gateway.listening?.backlog;
  if (backlog === undefined || !Number.isFinite(server ? backlog : somaxconn)) return undefined;
  const capacity = server ? backlog + 1 : acceptQueueCapacity(backlog, somaxconn);
  // How many of all drops in the network namespace its own listeners made.
  const drops = server ? ownDrops(evidence, Number.POSITIVE_INFINITY) : dropsOfOurs(evidence);
  if (drops === undefined) return undefined;
  const full = drops === Number.POSITIVE_INFINITY || (overflows > 0 && drops > 0);
  const beside = (counter('TcpExt ListenDrops') ?? 0) - overflows;
  const maxSynBacklog = Number(sysctls?.tcp_max_syn_backlog);
  const abort = sysctls?.tcp_abort_on_overflow === '1';
  return {
    backlog,
    somaxconn: Number.isFinite(somaxconn) ? somaxconn : backlog,
    capacity,
    peak,
    overflows: Math.min(overflows, drops),
    abort,
    synDrops: Math.min(Math.max(counter('TcpExt TCPReqQFullDrop') ?? 0, beside), drops),
    ...defined({
      fullAt: full ? lastFull(observer.series, capacity) : undefined,
      maxSynBacklog: Number.isFinite(maxSynBacklog) ? maxSynBacklog : undefined,
    }),
    ...(gateway.stopped && !server ? held(evidence, gateway.stopped, abort, peak) : {}),
  };
}

/** Infinity: any drop in the network namespace may be our gateway's, since it is alone there, or since `ss` does not show it. */
function dropsOfOurs({ exclusive, observer: { before, after }, gateway: { restarts } }: Evidence): number {
  // A listener that was opened again counts from 0.
  if (exclusive || restarts.length > 0 || before?.drops === undefined || after?.drops === undefined)
    return Number.POSITIVE_INFINITY;
  return Math.max(0, after.drops - before.drops);
}

/** The queue is often full for less than the time between two samples: then only the counter shows it. */
function lastFull(series: readonly ObservedLine[], capacity: number): number | undefined {
  let fullAt: number | undefined;
  let overflows = 0;
  for (const { at, acceptQueue = 0, deltas } of series) {
    const counted = deltas['TcpExt ListenOverflows'] ?? overflows;
    if (acceptQueue >= capacity || counted > overflows) fullAt = at;
    overflows = counted;
  }
  return fullAt;
}

/** On a delayed link clients also believe connections complete for which the queue had no room: there the kernel's count bounds theirs. */
function held({ fleet, link, asked }: Evidence, { to }: { to: number }, abort: boolean, peak: number): Held {
  const seen = heldWhileStopped(fleet.users, to, abort);
  if (!link) return seen;
  const most = Math.max(0, peak - asked.waiting);
  return {
    heldAtOnce: Math.min(seen.heldAtOnce, most),
    servedAtOnce: Math.min(seen.servedAtOnce, most),
  };
}

/** Users in the queue of a gateway that was kept stopped while they arrived. */
export interface Held {
  /** Users whose connection was in the queue while the gateway was stopped. */
  heldAtOnce: number;
  /** Those of them that only their own time-out ended: behind the queue there may be another limit. */
  servedAtOnce: number;
}

/**
 * @param to when the gateway went on
 * @param resets the queue itself resets whom it has no room for: then a user that was reset is not one that it held
 */
export function heldWhileStopped(users: Iterable<UserLine>, to: number, resets: boolean): Held {
  const held: Held = { heldAtOnce: 0, servedAtOnce: 0 };
  for (const { startedAt, connectedMs = Number.POSITIVE_INFINITY, outcome } of users) {
    if (startedAt + connectedMs > to || (resets && outcome === 'reset')) continue;
    held.heldAtOnce += 1;
    if (outcome === 'open' || outcome === 'timeout') held.servedAtOnce += 1;
  }
  return held;
}

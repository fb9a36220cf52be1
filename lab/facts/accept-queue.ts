import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { acceptQueueCapacity } from '../laws/accept-queue-law.ts';
import type { Counter } from './counter-growth.ts';
import { type Held, heldWhileStopped } from './queue-while-stopped.ts';

/** What the accept queue and its counters say; without `heldAtOnce` the gateway was not stopped. */
export interface QueueFacts extends Partial<Held> {
  /** What the gateway passed to listen(2), and the bound of its network namespace. */
  backlog: number;
  somaxconn: number;
  capacity: number;
  peak: number;
  /** When it was last seen at its capacity, or an overflow was counted, ms; undefined: never. */
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
  /** SYNs answered with a cookie instead. */
  cookies: number;
}

/** Undefined where the counters, somaxconn or the gateway's backlog could not be read. */
export function queueFacts(evidence: Evidence, counter: Counter): QueueFacts | undefined {
  const { observer, gateway } = evidence;
  const overflows = counter('TcpExt ListenOverflows');
  const somaxconn = Number(observer.before?.sysctls.somaxconn);
  const peak = observer.series.reduce((max, line) => Math.max(max, line.acceptQueue ?? 0), 0);
  if (observer.before?.server && overflows !== undefined)
    return strangersQueue(evidence, counter, { overflows, somaxconn, peak });
  if (overflows === undefined || !Number.isFinite(somaxconn) || gateway.listening === undefined)
    return undefined;
  const abort = observer.before?.sysctls.tcp_abort_on_overflow === '1';
  const { backlog } = gateway.listening;
  const capacity = acceptQueueCapacity(backlog, somaxconn);
  const fullAt = lastFull(observer.series, capacity);
  const beside = (counter('TcpExt ListenDrops') ?? 0) - overflows;
  const maxSynBacklog = Number(observer.before?.sysctls.tcp_max_syn_backlog);
  return {
    backlog,
    somaxconn,
    capacity,
    peak,
    ...(fullAt === undefined ? {} : { fullAt }),
    overflows,
    abort,
    synDrops: Math.max(counter('TcpExt TCPReqQFullDrop') ?? 0, beside),
    ...(Number.isFinite(maxSynBacklog) ? { maxSynBacklog } : {}),
    cookies: counter('TcpExt TCPReqQFullDoCookies') ?? 0,
    ...(gateway.stopped ? held(evidence, gateway.stopped, abort, peak) : {}),
  };
}

/** Full is often shorter than the time between two samples: then only the counter tells of it. */
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

/** Of a server that is not ours: the kernel says what fits, and what its own listeners dropped of all that were. */
function strangersQueue(
  { observer }: Evidence,
  counter: Counter,
  { overflows, somaxconn, peak }: { overflows: number; somaxconn: number; peak: number },
): QueueFacts | undefined {
  const { server, sysctls } = observer.before ?? {};
  // One that overflowed was full: as many as were ever seen in it fit.
  const bound = server?.backlog ?? (overflows > 0 && peak > 0 ? peak - 1 : somaxconn);
  if (!Number.isFinite(bound)) return undefined;
  const capacity = bound + 1;
  const drops =
    observer.series.findLast((line) => line.server?.drops !== undefined)?.server?.drops ?? Infinity;
  const fullAt = overflows === 0 || drops === 0 ? undefined : lastFull(observer.series, capacity);
  const beside = (counter('TcpExt ListenDrops') ?? 0) - overflows;
  const maxSynBacklog = Number(sysctls?.tcp_max_syn_backlog ?? Number.NaN);
  return {
    backlog: bound,
    somaxconn: Number.isFinite(somaxconn) ? somaxconn : bound,
    capacity,
    peak,
    ...(fullAt === undefined ? {} : { fullAt }),
    overflows: Math.min(overflows, drops),
    abort: sysctls?.tcp_abort_on_overflow === '1',
    synDrops: Math.min(Math.max(counter('TcpExt TCPReqQFullDrop') ?? 0, beside), drops),
    ...(Number.isFinite(maxSynBacklog) ? { maxSynBacklog } : {}),
    cookies: counter('TcpExt TCPReqQFullDoCookies') ?? 0,
  };
}

/** Under a delayed link clients also believe complete what the queue had no room for: there the kernel's count bounds theirs. */
function held({ fleet, link, asked }: Evidence, { to }: { to: number }, abort: boolean, peak: number): Held {
  const seen = heldWhileStopped(fleet.users, to, abort);
  if (!link) return seen;
  const most = Math.max(0, peak - asked.waiting);
  return {
    heldAtOnce: Math.min(seen.heldAtOnce, most),
    servedAtOnce: Math.min(seen.servedAtOnce, most),
  };
}

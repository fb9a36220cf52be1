import type { UserLine } from '../../../robots/lines.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { acceptQueueCapacity } from '../../laws/accept-queue.ts';
import type { Counter } from './counters.ts';

/** What the accept queue and its counters say. */
export interface QueueFacts {
  capacity: number;
  peak: number;
  overflows: number;
  abort: boolean;
  synDrops: number;
  cookies: number;
  /** Users whose connection was in the queue while the gateway was stopped; undefined: it was not. */
  heldAtOnce?: number;
}

/** Undefined where the counters, somaxconn or the gateway's backlog could not be read. */
export function queueFacts(evidence: Evidence, counter: Counter): QueueFacts | undefined {
  const { observer, gateway } = evidence;
  const overflows = counter('TcpExt ListenOverflows');
  const somaxconn = Number(observer.before?.sysctls.somaxconn);
  if (overflows === undefined || !Number.isFinite(somaxconn) || gateway.listening === undefined)
    return undefined;
  const peak = observer.series.reduce((max, line) => Math.max(max, line.acceptQueue ?? 0), 0);
  const held = gateway.stopped && heldAtOnce(evidence, gateway.stopped, peak);
  return {
    capacity: acceptQueueCapacity(gateway.listening.backlog, somaxconn),
    peak,
    overflows,
    abort: observer.before?.sysctls.tcp_abort_on_overflow === '1',
    synDrops: counter('TcpExt TCPReqQFullDrop') ?? 0,
    cookies: counter('TcpExt TCPReqQFullDoCookies') ?? 0,
    ...(held === undefined ? {} : { heldAtOnce: held }),
  };
}

/** Under a delayed link clients also believe complete what the queue had no room for: there the kernel's count bounds theirs. */
function heldAtOnce({ fleet, link, asked }: Evidence, stopped: { to: number }, peak: number): number {
  const connected = fleet.users.filter(
    (user) => connectedAt(user) <= stopped.to && user.outcome !== 'reset',
  ).length;
  return link ? Math.min(connected, Math.max(0, peak - asked.waiting)) : connected;
}

function connectedAt({ startedAt, connectedMs }: UserLine): number {
  return startedAt + (connectedMs ?? Number.POSITIVE_INFINITY);
}

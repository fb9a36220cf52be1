import type { CloseReason } from '../../gateway/lines.ts';
import type { Outcome, Stage, UserLine } from '../../robots/lines.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { acceptQueueCapacity } from '../laws/accept-queue.ts';
import { countBelow, descriptorThreshold } from '../laws/descriptors.ts';

/** What the gateway's descriptors say. Only those numbered below the limit count against it. */
export interface DescriptorFacts {
  limit: number;
  atRest: number;
  peak: number;
  /** Where the peak was read. */
  source: string;
  predicted: number;
  /** When the gateway had none left: the samples around the first and the last that show it, ms. */
  full?: { from: number; to: number };
}

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

/** What the gateway says of itself, and what is seen of its process. */
export interface GatewayFacts {
  exit?: { at: number; how: string };
  /** Its own closes, by the peer's port. */
  closes: ReadonlyMap<number, CloseReason>;
  byReason: Partial<Record<CloseReason, number>>;
  errors: number;
  loopMaxMs: number;
  /** For how long it was seen stopped (state T), ms. */
  stoppedMs: number;
  samples: number;
}

/** Numbers drawn from the evidence, nothing judged yet. Undefined: could not be measured. */
export interface Facts {
  asked: number;
  open: number;
  failed: UserLine[];
  by: { outcome: Outcome; stage: Stage; errno: string | null; count: number }[];
  /** Users whose handshake took 0.9 s or more: a dropped SYN is sent again after 1 s. */
  slowConnects: number | undefined;
  descriptors?: DescriptorFacts;
  queue?: QueueFacts;
  /** Growth of a counter from before the load to its end; undefined when there is no such counter. */
  counter(name: string): number | undefined;
  interfaces: { name: string; errors: number; drops: number; packets: number }[];
  gateway: GatewayFacts;
  betting: { mode: string; firstAt?: number; loopMaxMs: number };
  bottlenecks: string[];
}

/** A dropped SYN is sent again after 1 s (net/ipv4/tcp_timer.c): whoever connected later than this had waited for that. */
export const SLOW_CONNECT_MS = 900;

/** Draws the facts. Pure: the same evidence gives the same facts. */
export function drawFacts(evidence: Evidence): Facts {
  const { users, done, phases } = evidence.fleet;
  const failed = users.filter((user) => user.outcome !== 'open');
  const until = done?.at ?? Number.POSITIVE_INFINITY;
  const growth = growthUntil(evidence, until);
  const known = evidence.observer.before?.counters;
  const counter = (name: string) => (known && name in known ? (growth[name] ?? 0) : undefined);
  const firstBet = phases.find((phase) => phase.phase === 'betting')?.at;
  const descriptors = descriptorFacts(evidence, until);
  const queue = queueFacts(evidence, counter);
  return {
    asked: evidence.asked.users,
    open: users.length - failed.length,
    failed,
    by: groupOutcomes(users),
    slowConnects: slowConnects(users),
    ...(descriptors ? { descriptors } : {}),
    ...(queue ? { queue } : {}),
    counter,
    interfaces: interfaceFacts(known ?? {}, counter),
    gateway: gatewayFacts(evidence, until),
    betting: {
      mode: evidence.asked.betting,
      ...(firstBet === undefined ? {} : { firstAt: firstBet }),
      loopMaxMs: loopMax(evidence, firstBet ?? Number.POSITIVE_INFINITY, until),
    },
    bottlenecks: done?.bottlenecks.map((item) => item.says) ?? [],
  };
}

/** Users by outcome, stage and errno, most first. */
export function groupOutcomes(users: readonly UserLine[]): Facts['by'] {
  const groups = new Map<string, Facts['by'][number]>();
  for (const { outcome, stage, errno = null } of users) {
    const key = `${outcome} ${stage} ${errno}`;
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { outcome, stage, errno, count: 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function growthUntil(evidence: Evidence, until: number): Record<string, number> {
  const growth: Record<string, number> = {};
  for (const line of evidence.observer.series) if (line.at <= until) Object.assign(growth, line.deltas);
  return growth;
}

function descriptorFacts({ observer, fleet }: Evidence, until: number): DescriptorFacts | undefined {
  const process = observer.before?.process;
  if (process === undefined) return undefined;
  const limit = process.nofileHard;
  const atRest = countBelow(limit, process.descriptors);
  const strays = process.descriptors.length - atRest;
  let peak = atRest;
  let full: DescriptorFacts['full'];
  const series = observer.series.filter(({ at }) => at <= until);
  for (const [index, { at, descriptors = 0 }] of series.entries()) {
    peak = Math.max(peak, descriptors - strays);
    if (descriptors - strays < limit) continue;
    // It filled up after the sample before, and has room again by the sample after.
    full = { from: full?.from ?? series[index - 1]?.at ?? at, to: series[index + 1]?.at ?? at };
  }
  const predicted = descriptorThreshold(limit, process.descriptors);
  // A short load can begin and end between two samples. A user open to the end holds a descriptor all the same.
  const opened = fleet.users
    .flatMap(({ outcome, startedAt, openMs }) =>
      outcome === 'open' && openMs !== undefined ? [startedAt + openMs] : [],
    )
    .sort((a, b) => a - b);
  const held = atRest + opened.length;
  const filledAt = held < limit ? undefined : opened[predicted - 1];
  if (filledAt !== undefined) {
    const settledAt = fleet.phases.find(({ phase }) => phase === 'settled')?.at ?? filledAt;
    full = {
      from: Math.min(full?.from ?? filledAt, filledAt),
      to: Math.max(full?.to ?? settledAt, settledAt),
    };
  }
  const source = held > peak ? '/proc/<pid>/fd at rest + robots open' : '/proc/<pid>/fd';
  return { limit, atRest, peak: Math.max(peak, held), source, predicted, ...(full ? { full } : {}) };
}

function queueFacts(evidence: Evidence, counter: Facts['counter']): QueueFacts | undefined {
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

/** Undefined where the driver (k6) does not see when a TCP handshake is complete. */
function slowConnects(users: readonly UserLine[]): number | undefined {
  const unseen = users.some(({ openMs, connectedMs }) => openMs !== undefined && connectedMs === undefined);
  if (unseen) return undefined;
  return users.filter((user) => (user.connectedMs ?? 0) >= SLOW_CONNECT_MS).length;
}

function connectedAt({ startedAt, connectedMs }: UserLine): number {
  return startedAt + (connectedMs ?? Number.POSITIVE_INFINITY);
}

function interfaceFacts(known: Record<string, number>, counter: Facts['counter']): Facts['interfaces'] {
  const names = Object.keys(known).flatMap((key) => (key.endsWith(' rx_dropped') ? [key.slice(0, -11)] : []));
  const sum = (name: string, fields: string[]) =>
    fields.reduce((total, field) => total + (counter(`${name} ${field}`) ?? 0), 0);
  return names
    .map((name) => ({
      name,
      errors: sum(name, ['rx_errors', 'tx_errors']),
      drops: sum(name, ['rx_dropped', 'tx_dropped']),
      packets: sum(name, ['rx_packets', 'tx_packets']),
    }))
    .filter(({ name, errors, drops, packets }) => name === 'lo' || errors + drops + packets > 0);
}

function gatewayFacts({ gateway, observer }: Evidence, until: number): GatewayFacts {
  const closes = new Map<number, CloseReason>();
  const byReason: GatewayFacts['byReason'] = {};
  for (const { at, reason, peerPort } of gateway.closes) {
    if (at > until || reason === 'socket-error') continue;
    closes.set(peerPort, reason);
    byReason[reason] = (byReason[reason] ?? 0) + 1;
  }
  const { exit } = gateway;
  let stoppedMs = 0;
  for (const [index, line] of observer.series.entries()) {
    const next = observer.series[index + 1];
    if (line.state === 'T' && next) stoppedMs += next.at - line.at;
  }
  return {
    ...(exit ? { exit: { at: exit.at, how: exit.signal ?? `exit code ${exit.code}` } } : {}),
    closes,
    byReason,
    errors: gateway.errors.length,
    loopMaxMs: gateway.samples.reduce((max, sample) => Math.max(max, sample.loop.max), 0),
    stoppedMs,
    samples: gateway.samples.length,
  };
}

function loopMax({ gateway }: Evidence, from: number, to: number): number {
  return gateway.samples
    .filter(({ at }) => at >= from && at <= to)
    .reduce((max, sample) => Math.max(max, sample.loop.max), 0);
}

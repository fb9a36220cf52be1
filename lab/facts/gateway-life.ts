import type { CloseReason } from '../../protocol/gateway-events.ts';
import type { Evidence } from '../evidence/evidence.ts';

/** What the gateway says of itself, and what is seen of its process. */
export interface GatewayFacts {
  exit?: ExitFacts;
  /** Its own closes, by the peer's port. */
  closes: ReadonlyMap<number, CloseReason>;
  byReason: Partial<Record<CloseReason, number>>;
  errors: number;
  loopMaxMs: number;
  /** For how long it was seen stopped (state T), ms. */
  stoppedMs: number;
  samples: number;
}

/** How the gateway ended before it was asked to. */
export interface ExitFacts {
  /** The earliest that it is known of, ms: its last words, its process gone, or the lab's hearing of it. */
  at: number;
  how: string;
  code: number | null;
  signal: string | null;
  /** The error it died of, in its own words. */
  fatal?: string;
  /** Processes that the kernel killed in its cgroup for want of memory; undefined: could not be read. */
  oomKills?: number;
}

function exitFacts({ gateway, observer }: Evidence): ExitFacts | undefined {
  const { exit } = gateway;
  if (exit === undefined) return undefined;
  const { code, signal, oomKills } = exit;
  const fatal = gateway.errors.find((error) => error.fatal);
  // Of a server that is not ours the series is of one worker, and others may have lived on.
  const gone = observer.before?.server
    ? undefined
    : observer.series.find(({ state }) => state === 'gone' || state === 'Z');
  return {
    at: Math.min(exit.at, fatal?.at ?? exit.at, gone?.at ?? exit.at),
    how: signal ?? (code === null ? 'by what is not known from outside' : `exit code ${code}`),
    code,
    signal,
    ...(fatal ? { fatal: fatal.message } : {}),
    ...(oomKills === undefined ? {} : { oomKills }),
  };
}

/** From its lines up to `until`, ms. */
export function gatewayFacts(evidence: Evidence, until: number): GatewayFacts {
  const { gateway, observer } = evidence;
  const closes = new Map<number, CloseReason>();
  const byReason: GatewayFacts['byReason'] = {};
  for (const { at, reason, peerPort } of gateway.closes) {
    if (at > until || reason === 'socket-error') continue;
    closes.set(peerPort, reason);
    byReason[reason] = (byReason[reason] ?? 0) + 1;
  }
  const exit = exitFacts(evidence);
  let stoppedMs = 0;
  for (const [index, line] of observer.series.entries()) {
    const next = observer.series[index + 1];
    if (line.state === 'T' && next) stoppedMs += next.at - line.at;
  }
  return {
    ...(exit ? { exit } : {}),
    closes,
    byReason,
    errors: gateway.errors.length,
    loopMaxMs: gateway.samples.reduce((max, sample) => Math.max(max, sample.loop.max), 0),
    stoppedMs,
    samples: gateway.samples.length,
  };
}

/** The longest delay of its event loop between two moments, ms. */
export function loopMax({ gateway }: Evidence, from: number, to: number): number {
  return gateway.samples
    .filter(({ at }) => at >= from && at <= to)
    .reduce((max, sample) => Math.max(max, sample.loop.max), 0);
}

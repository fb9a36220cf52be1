import type { CloseReason } from '../../../gateway/lines.ts';
import type { Evidence } from '../../evidence/evidence.ts';

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

/** From its lines up to `until`, ms. */
export function gatewayFacts({ gateway, observer }: Evidence, until: number): GatewayFacts {
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

/** The longest delay of its event loop between two moments, ms. */
export function loopMax({ gateway }: Evidence, from: number, to: number): number {
  return gateway.samples
    .filter(({ at }) => at >= from && at <= to)
    .reduce((max, sample) => Math.max(max, sample.loop.max), 0);
}

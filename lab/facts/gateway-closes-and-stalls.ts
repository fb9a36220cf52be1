import type { CloseReason } from '../../protocol/gateway-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Settings } from '../settings/schema.ts';
import { type Stall, stallsWithin } from './stalls.ts';

/** Two samples of the gateway: a stall is known no nearer. */
const SLACK_MS = 400;

/** A connection that the gateway itself ended. */
export interface Cut {
  reason: CloseReason;
  /** From accept to its end, ms. */
  ageMs: number;
  /** The longest stall of the event loop that was going on, or had just ended, then. */
  stall?: Stall;
}

/** The time limits that the gateway was given, ms; 0: none. */
export type Limits = Record<'handshake' | 'idle' | 'heartbeat' | 'deadline' | 'keepAlive', number> & {
  /** Pings that may stay unanswered. */
  misses: number;
};

/** By the peer's port, up to `until`, ms. */
export function cutsOf({ gateway }: Evidence, stalls: readonly Stall[], until: number): Map<number, Cut> {
  const cuts = new Map<number, Cut>();
  for (const { at, reason, peerPort, ageMs } of gateway.closes) {
    if (at > until || reason === 'socket-error') continue;
    const stall = longestAt(stalls, at);
    cuts.set(peerPort, { reason, ageMs, ...(stall ? { stall } : {}) });
  }
  return cuts;
}

export function limitsOf({ asked }: { asked: Settings }): Limits {
  return {
    handshake: asked.handshake_timeout_ms,
    idle: asked.idle_timeout_ms,
    heartbeat: asked.heartbeat_ms,
    misses: asked.heartbeat_misses,
    deadline: asked.deadline_ms,
    keepAlive: asked.keep_alive_ms,
  };
}

function longestAt(stalls: readonly Stall[], moment: number): Stall | undefined {
  return stallsWithin(stalls, moment - SLACK_MS, moment + SLACK_MS).reduce<Stall | undefined>(
    (longest, stall) => (stall.ms > (longest?.ms ?? 0) ? stall : longest),
    undefined,
  );
}

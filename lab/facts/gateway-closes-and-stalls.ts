import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import { type CloseReason, SEEN_ERRORS } from '../../protocol/gateway-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { ByPlace } from '../evidence/place-of-user.ts';
import type { Settings } from '../settings/schema.ts';
import { type Stall, stallsWithin } from './stalls.ts';

/** Two samples of the gateway, ms: the time of a stall is known no better. If longer, an unrelated stall is blamed for a close. */
const SLACK_MS = 400;

/** A connection that the gateway itself ended. */
export interface Cut {
  reason: CloseReason;
  /** From accept to its end, ms. */
  ageMs: number;
  /** The longest stall of the event loop at that time, or just before. */
  stall?: Stall;
}

/** The time limits that the gateway was given, ms; 0: none. */
export type Limits = Record<'handshake' | 'idle' | 'heartbeat' | 'deadline' | 'keepAlive', number> & {
  /** Pings that may stay unanswered. */
  misses: number;
};

/** By the peer's place, up to `until`, ms. */
export function cutsOf({ gateway }: Evidence, stalls: readonly Stall[], until: number): ByPlace<Cut> {
  const cuts = new ByPlace<Cut>();
  for (const { at, reason, peerPort: port, peerAddress: address, ageMs } of gateway.closes) {
    if (at > until || SEEN_ERRORS.includes(reason)) continue;
    cuts.set({ port, address }, defined({ reason, ageMs, stall: longestAt(stalls, at) }));
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

/** More about closes than the reason: close codes (RFC 6455, 7.4.1), and the gateway's own messages. */
export interface CloseFacts {
  /** The code that ended this user: as the gateway logged it for its place, else as the robot received it. */
  code(user: UserLine): number | undefined;
  /** Failed users that ended by this code. */
  ended(code: number): number;
  /** The messages that the gateway wrote beside a reason, most frequent first. */
  words(reason: CloseReason): { says: string; count: number }[];
}

/** From the close lines up to `until`, ms. */
export function closeFacts({ gateway, fleet }: Evidence, until: number): CloseFacts {
  const codes = new ByPlace<number>();
  const words = new Map<CloseReason, Map<string, number>>();
  for (const { at, reason, code, peerPort: port, peerAddress: address, detail } of gateway.closes) {
    if (at > until) continue;
    if (code !== undefined) codes.set({ port, address }, code);
    if (detail === undefined) continue;
    const said = words.get(reason) ?? new Map<string, number>();
    words.set(reason, said.set(detail, (said.get(detail) ?? 0) + 1));
  }
  const code = (user: UserLine) => codes.get(user) ?? user.code;
  const counts = new Map<number, number>();
  for (const user of fleet.users) {
    const ended = user.outcome === 'open' ? undefined : code(user);
    if (ended !== undefined) counts.set(ended, (counts.get(ended) ?? 0) + 1);
  }
  return {
    code,
    ended: (code) => counts.get(code) ?? 0,
    words: (reason) =>
      [...(words.get(reason) ?? [])]
        .map(([says, count]) => ({ says, count }))
        .sort((a, b) => b.count - a.count),
  };
}

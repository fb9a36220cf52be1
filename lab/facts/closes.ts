import type { UserLine } from '../../protocol/fleet-events.ts';
import type { CloseReason } from '../../protocol/gateway-events.ts';
import type { Evidence } from '../evidence/evidence.ts';

/** What is known of closes beside the reason: close codes (RFC 6455, 7.4.1), and the gateway's own words. */
export interface CloseFacts {
  /** The code that ended this user: as the gateway logged it for its port, else as the robot received it. */
  code(user: UserLine): number | undefined;
  /** Failed users that ended by this code. */
  ended(code: number): number;
  /** What the gateway wrote beside a reason, most frequent first. */
  words(reason: CloseReason): { says: string; count: number }[];
}

/** From the close lines up to `until`, ms. */
export function closeFacts({ gateway, fleet }: Evidence, until: number): CloseFacts {
  const codes = new Map<number, number>();
  const words = new Map<CloseReason, Map<string, number>>();
  for (const { at, reason, code, peerPort, detail } of gateway.closes) {
    if (at > until) continue;
    if (code !== undefined) codes.set(peerPort, code);
    if (detail === undefined) continue;
    const said = words.get(reason) ?? new Map<string, number>();
    words.set(reason, said.set(detail, (said.get(detail) ?? 0) + 1));
  }
  const code = (user: UserLine) => (user.port === undefined ? undefined : codes.get(user.port)) ?? user.code;
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

import type { UserLine } from '../../protocol/fleet-events.ts';
import type { CloseLine } from '../../protocol/gateway-events.ts';
import { changeUsers } from './change-users.ts';
import type { Evidence } from './evidence.ts';
import { ByPlace } from './place-of-user.ts';

/** Both write milliseconds of one clock, rounded: so much earlier the gateway may seem to have read it, ms. */
const CLOCK_MS = 20;

/**
 * A client that closes with data unread sends RST in place of FIN (RFC 9293, 3.10.4), and its own close(2) returns 0: only the server
 * hears of it. So a user that left that way has failed where the gateway's line for its place says that it read ECONNRESET.
 */
export function takeServersResets(evidence: Pick<Evidence, 'fleet' | 'gateway'>): void {
  const resets = new ByPlace<CloseLine>();
  for (const line of evidence.gateway.closes)
    if (line.reason === 'socket-error' && line.detail === 'ECONNRESET')
      resets.set({ port: line.peerPort, address: line.peerAddress }, line);
  if (resets.size === 0 || !evidence.fleet.users.some(({ hadRead }) => hadRead !== undefined)) return;
  changeUsers(evidence, (user) => asRead(user, resets.get(user)));
}

function asRead(user: UserLine, reset: CloseLine | undefined): UserLine {
  const { outcome, hadRead, leftMs, ...rest } = user;
  if (outcome !== 'open' || hadRead === undefined || leftMs === undefined || reset === undefined) return user;
  if (reset.at < user.startedAt + leftMs - CLOCK_MS) return user;
  return {
    ...rest,
    outcome: 'reset',
    errno: 'ECONNRESET',
    syscall: 'read',
    detail: 'as the server read it: to the user its own close(2) went well',
    hadRead,
    endedMs: Math.max(leftMs, reset.at - user.startedAt),
  };
}

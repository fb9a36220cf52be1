import type { UserLine } from '../../protocol/fleet-events.ts';
import type { CloseLine } from '../../protocol/gateway-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { ByPlace } from '../evidence/place-of-user.ts';

/** What a user that closed without reading had not read. */
export interface LeftUnread {
  /** Bytes of the connection: what the server had sent, less what the user had read. */
  bytes: number;
  /** Bytes that the server had sent of its own data: the rest is TLS's. */
  data: number;
  /** The version of TLS, as its library names it; absent: there is none. */
  tls?: string;
}

/** What this failed user left unread; undefined: it left in another way, or the server does not say what it had sent. */
export type LeftUnreadOf = (user: UserLine) => LeftUnread | undefined;

/** By what the user had read of its connection, and what the gateway's line for its place says was sent on it. */
export function leftUnreadOf({ gateway }: Pick<Evidence, 'gateway'>): LeftUnreadOf {
  const sent = new ByPlace<CloseLine['sent']>();
  for (const line of gateway.closes)
    if (line.reason === 'socket-error' && line.sent)
      sent.set({ port: line.peerPort, address: line.peerAddress }, line.sent);
  return (user) => {
    const { hadRead, outcome } = user;
    const { all, data } = sent.get(user) ?? {};
    if (hadRead === undefined || outcome !== 'reset' || all === undefined || data === undefined)
      return undefined;
    const { bytes, tls } = hadRead;
    return { bytes: all - bytes, data, ...(tls !== undefined && { tls }) };
  };
}

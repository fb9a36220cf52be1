import { count } from '../../common/format.ts';
import type { LeftUnread } from '../facts/left-unread.ts';
import { largest, smallest } from '../facts/numbers.ts';
import { once } from '../facts/once.ts';
import {
  byClaims,
  type Cause,
  change,
  expecting,
  type Facts,
  type Item,
  item,
  type UserLine,
} from './shared/cause.ts';

/** Before it, the ticket comes within the handshake (RFC 5077, 3.3), which cannot end unread. */
const WITH_TICKETS_AFTER = 'TLSv1.3';

export const tlsTicketsUnread: Cause = {
  id: 'tls-tickets-unread',
  title: 'clients close with the session tickets of TLS 1.3 unread: the server reads ECONNRESET',
  toldBy: 'gateway',
  looksLike:
    'connections that the server reads ECONNRESET on, whose clients left with nothing unread but what TLS 1.3 sends after the handshake',
  // A client that only writes, as a log shipper or a health check does. By the time it leaves, the tickets have come.
  scenario: {
    tls: 'ecdsa-p256',
    kind: 'tcp',
    leave_unread: 1,
    stay_ms: 1000,
    users: 200,
    ramp: '500ms',
    rounds: 0,
    hold_ms: 2500,
  },
  claims: (user, facts) => ticketsLeft(user, facts) !== undefined,
  judge(facts, claimed) {
    const left = allLeft(facts);
    return byClaims(claimed, [
      readItem(facts, left.length),
      ...(left.length > 0 ? leftItems(facts, left) : []),
    ]);
  },
  fix(_facts, { leave_unread }) {
    if (leave_unread === 0) return undefined;
    const { change: to, settings } = change('leave_unread', leave_unread, 0);
    return { change: `${to} (send FIN with shutdown, read to the end, then close)`, settings };
  },
};

/** What the user left unread, where that was TLS's own alone, and came after the handshake. */
function ticketsLeft(user: UserLine, { leftUnread }: Facts): LeftUnread | undefined {
  const left = user.stage === 'open' ? leftUnread(user) : undefined;
  return left !== undefined && left.tls === WITH_TICKETS_AFTER && left.data === 0 && left.bytes > 0
    ? left
    : undefined;
}

const allLeft = once((facts: Facts) => facts.failed.flatMap((user) => ticketsLeft(user, facts) ?? []));

/** Users that left by close(2), and that the gateway read ECONNRESET of, whatever they had left unread. */
function readItem({ failed }: Facts, claimed: number): Item {
  const errors = failed.filter(({ hadRead }) => hadRead !== undefined).length;
  const says =
    errors === 0
      ? 'the gateway read ECONNRESET of no user that had left by itself'
      : `the gateway read ECONNRESET of ${count(errors, 'user')}, to whom their own close(2) went well`;
  const read = item('gateway lines and robots', 'ECONNRESET read after they left', 0, errors, says);
  return claimed > 0 ? expecting(read, 'the gateway reads the end of the stream') : read;
}

function leftItems(facts: Facts, left: readonly LeftUnread[]): Item[] {
  const bytes = left.map((one) => one.bytes);
  const [least, most] = [smallest(bytes), largest(bytes)];
  const each = least === most ? count(least, 'byte') : `${least} to ${count(most, 'byte')}`;
  const unread = item(
    'gateway lines and robots',
    'bytes unread at close(2)',
    null,
    least === most ? least : `${least} to ${most}`,
    `each left ${each} unread, which the gateway had sent after the handshake: its kernel answers that with RST in place of FIN (RFC 9293, 3.10.4)`,
  );
  const own = item(
    'gateway lines',
    'bytes of its own data',
    0,
    0,
    'the gateway had sent no data of its own: it is what TLS sends by itself, the session tickets (RFC 8446, 4.6.1)',
  );
  const version = item(
    'robots',
    'version of TLS',
    null,
    '1.3',
    'TLS 1.3 sends session tickets after the handshake',
  );
  return [
    expecting(unread, 'a client that has read everything closes with FIN'),
    expecting(own, 'data of the server lies unread as well'),
    expecting(version, 'TLS 1.2 sends its ticket within the handshake, which ends by reading it'),
    ...kernelItems(facts),
  ];
}

/** What the server's kernel counted on those connections, where it was asked. */
function kernelItems(facts: Facts): Item[] {
  const lines = facts.failed.flatMap((user) => {
    const sent = ticketsLeft(user, facts) && facts.connectionOf(user)?.sent;
    return sent && user.hadRead ? [{ unread: sent.is - user.hadRead.bytes, within: sent.within ?? 0 }] : [];
  });
  if (lines.length === 0) return [];
  const least = smallest(lines.map(({ unread, within }) => unread - within));
  const most = largest(lines.map(({ unread }) => unread));
  const says = `by the kernel's count too ${least === most ? least : `${least} to ${most}`} bytes of what was sent on ${count(lines.length, 'connection')} had not been read`;
  return [item('ledger', 'sent and not read', null, least === most ? least : `${least} to ${most}`, says)];
}

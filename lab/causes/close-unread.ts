import { count } from '../../common/format.ts';
import type { ServerEnd } from '../facts/connections.ts';
import { smallest } from '../facts/numbers.ts';
import { once } from '../facts/once.ts';
import {
  type Before,
  byCount,
  byEnds,
  type Cause,
  change,
  counterItem,
  expecting,
  type Facts,
  type Item,
  item,
  type UserLine,
  uncounted,
  undecided,
  unread,
} from './shared/cause.ts';
import { byLines, isSilent, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { untoldItem } from './shared/ledger-items.ts';
import { CLOSED_UNREAD } from './shared/listen-queue.ts';
import { reasonItems } from './shared/reset-reasons.ts';
import { areCounted, isUnreadAnswer, unreadCloses } from './shared/unread-closes.ts';

/**
 * Stopped for so long, a process has unread data of everybody, whatever then closes them. Lower, and a gateway that closes unread is
 * let go for a short stop; higher, and one that was merely stopped is accused.
 */
const STOOD_STILL_MS = 1000;

/**
 * Of ends of connections these come before: whoever is closed by a clock, for want of a descriptor or in a race is reset, where something
 * lay unread, for that reason; this is only why it was an RST. Users have their causes by what the server's lines say.
 */
const TOLD_BEFORE: readonly Before[] = [
  'fd-exhaustion',
  'handshake-timeout',
  'idle-timeout',
  'deadline',
  'keepalive-race',
].map((id) => ({ id, when: () => false }));

export const closeUnread: Cause = {
  id: 'close-unread',
  title: 'the gateway closes users without reading what they sent: RST in place of FIN',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, and TCPAbortOnClose grows with them',
  under: 'app-timeout-or-panic',
  // A server that has no place for a connection closes it with its request unread as well.
  after: [{ id: 'connection-cap', when: ({ stage }) => stage === 'upgrade' }, ...TOLD_BEFORE],
  scenario: { close_unread_ms: 3000, users: 200, rounds: 1, round_ms: 500, pause_ms: 200 },
  claims(user, facts) {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'unread';
    if (!isSilent(facts)) return false;
    if (facts.outside === undefined) return wasAborted(user) && abortedAlive(facts);
    const fits = wasAborted(user) || closedUnanswered(user, facts) || closedAnswered(user, facts);
    return fits && wasUnread(user, facts);
  },
  judge(facts, claimed) {
    const abort = counterItem(facts, CLOSED_UNREAD, (growth) =>
      growth === 0
        ? 'no socket was closed with data unread'
        : `${count(growth, 'socket')} closed with data unread, each answered with RST (RFC 9293, 3.10.4)`,
    );
    return byLines(facts, claimed, {
      reason: 'unread',
      fits: wasAborted,
      items: [
        reasonItem(facts, 'unread'),
        expecting(abort, 'the counter stays, and who is closed sees FIN'),
        endsItem(facts),
      ],
    });
  },
  signs(facts) {
    const { outside } = facts;
    if (outside?.failed === undefined)
      return uncounted(undecided(outside ? [untoldItem(outside)] : [unread('ledger', 'connections')]));
    const { sure, maybe, untold } = unreadCloses(facts);
    const counted = areCounted([...sure, ...maybe], facts);
    const ends = counted ? [...sure, ...maybe] : sure;
    const items = [
      expecting(
        answeredItem(counted ? ends : [...sure, ...maybe]),
        'what a client has sent is read before the close',
      ),
      ...reasonItems(ends),
    ];
    if (ends.length > 0) return byEnds(ends, items);
    if (maybe.length > 0) {
      const says = `or ${count(maybe.length, 'client')} had left before: the order of these events root alone is told (tracefs)`;
      return uncounted(undecided([...items, item('ledger', 'who ended it first', null, null, says)]));
    }
    return untold > 0 || outside.incomplete ? uncounted(undecided(items)) : byCount(0, items);
  },
  fix(_facts, { close_unread_ms }) {
    if (close_unread_ms === 0) return undefined;
    const { change: to, settings } = change('close_unread_ms', close_unread_ms, 0);
    return { change: `${to} (read to the end, then close)`, settings };
  },
};

/** Reset while open, with something sent that nobody answered. */
function wasAborted({ stage, outcome, bets }: UserLine): boolean {
  return stage === 'open' && outcome === 'reset' && bets.placed > bets.acked + bets.rejected;
}

/** Reset with its request sent and unanswered, and for no want of descriptors, or of room in the queue: both look alike. */
function closedUnanswered({ outcome, stage }: UserLine, { descriptors, queue }: Facts): boolean {
  const room = descriptors !== undefined && !descriptors.full && queue?.overflows === 0;
  return room && outcome === 'reset' && stage === 'upgrade';
}

/** The server had answered it, and reset it all the same. */
function closedAnswered(user: UserLine, { connectionOf }: Facts): boolean {
  if (user.outcome !== 'reset' || user.stage !== 'open') return false;
  const line = connectionOf(user);
  return line !== undefined && isUnreadAnswer(line);
}

function answeredItem(ends: readonly ServerEnd[]): Item {
  const least = smallest(ends.map(({ line }) => line.unread?.is ?? 0));
  const says =
    ends.length === 0
      ? 'no connection was answered and then reset with something unread'
      : `${count(ends.length, 'connection')} answered and closed before what the client sent was read, ${count(least, 'byte')} or more: the RST may overtake the answer`;
  return item('ledger', 'answered, and closed unread', 0, ends.length, says);
}

/** Its own connection tells: the server of a stranger closed it with something unread. */
function wasUnread({ port }: UserLine, { connections, gateway }: Facts): boolean {
  return port !== undefined && gateway.exit === undefined && connections?.unread.has(port) === true;
}

const resets = once(({ failed }: Facts) => failed.filter(({ outcome }) => outcome === 'reset').length);

/** The kernel counted an unread close for each user that was reset, of a process that lives and did not stand still. */
function abortedAlive(facts: Facts): boolean {
  return (facts.counter(CLOSED_UNREAD) ?? 0) >= resets(facts) && facts.gateway.stoppedMs < STOOD_STILL_MS;
}

function endsItem({ failed }: Facts): Item {
  const open = failed.filter(({ stage }) => stage === 'open');
  const resets = open.filter(({ outcome }) => outcome === 'reset').length;
  const eofs = open.filter(({ outcome }) => outcome === 'eof').length;
  const says = `${resets} reset while open, ${eofs} ended with FIN: those had nothing unread`;
  return item(
    'robots',
    'reset while open',
    0,
    resets,
    open.length > 0 ? says : 'nobody was ended while open',
  );
}

import { count } from '../../common/format.ts';
import type { ServerEnd } from '../facts/connections.ts';
import { smallest } from '../facts/numbers.ts';
import { once } from '../facts/once.ts';
import { connectedNotOpen } from '../facts/stages.ts';
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
 * A process that was stopped for this long has unread data of every user, whatever then closes them. If lower, a gateway that closes with
 * data unread is excused by a short stop. If higher, a gateway that was only stopped is accused.
 */
const STOOD_STILL_MS = 1000;

/**
 * For ends of connections these causes come first. A connection that a clock, a lack of descriptors or a race closes with data unread was
 * closed for that reason, and the unread data only explains the RST. Users are attributed by the server's lines instead.
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
  title: 'the gateway closes connections with data of the user unread: RST in place of FIN',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, and TCPAbortOnClose grows with them',
  under: 'app-timeout-or-panic',
  // A server at its cap closes a connection with its request unread as well.
  after: [{ id: 'connection-cap', when: ({ stage }) => connectedNotOpen(stage) }, ...TOLD_BEFORE],
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
        : `${count(growth, 'socket')} closed with data unread, each with an RST (RFC 9293, 3.10.4)`,
    );
    return byLines(facts, claimed, {
      reason: 'unread',
      fits: wasAborted,
      items: [
        reasonItem(facts, 'unread'),
        expecting(abort, 'the counter does not grow, and closed users see FIN'),
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
        'the server reads what a client has sent before it closes',
      ),
      ...reasonItems(ends),
    ];
    if (ends.length > 0) return byEnds(ends, items);
    if (maybe.length > 0) {
      const says = `${count(maybe.length, 'client')} may have left first: only root sees the order of these events (tracefs)`;
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

/** The user was reset while open, with a bet that nobody answered. */
function wasAborted({ stage, outcome, bets }: UserLine): boolean {
  return stage === 'open' && outcome === 'reset' && bets.placed > bets.acked + bets.rejected;
}

/** The user was reset with its request unanswered, while descriptors and the queue had room: without room it looks the same. */
function closedUnanswered({ outcome, stage }: UserLine, { descriptors, queue }: Facts): boolean {
  const room = descriptors !== undefined && !descriptors.full && queue?.overflows === 0;
  return room && outcome === 'reset' && connectedNotOpen(stage);
}

/** The server had answered this user, and reset it all the same. */
function closedAnswered(user: UserLine, { connectionOf }: Facts): boolean {
  if (user.outcome !== 'reset' || user.stage !== 'open') return false;
  const line = connectionOf(user);
  return line !== undefined && isUnreadAnswer(line);
}

function answeredItem(ends: readonly ServerEnd[]): Item {
  const least = smallest(ends.map(({ line }) => line.unread?.is ?? 0));
  const says =
    ends.length === 0
      ? 'no connection was answered and then reset with data unread'
      : `${count(ends.length, 'connection')} answered, then closed with ${count(least, 'byte')} or more of the client unread: the RST may overtake the answer`;
  return item('ledger', 'answered, and closed unread', 0, ends.length, says);
}

/** For a server that is not ours: it closed this user's connection with data unread. */
function wasUnread(user: UserLine, { connections, gateway }: Facts): boolean {
  return gateway.exit === undefined && connections?.unreadUsers.has(user) === true;
}

const resets = once(({ failed }: Facts) => failed.filter(({ outcome }) => outcome === 'reset').length);

/** The kernel counted an unread close for each user that was reset, and the process was not stopped for long. */
function abortedAlive(facts: Facts): boolean {
  return (facts.counter(CLOSED_UNREAD) ?? 0) >= resets(facts) && facts.gateway.stoppedMs < STOOD_STILL_MS;
}

function endsItem({ failed }: Facts): Item {
  const open = failed.filter(({ stage }) => stage === 'open');
  const resets = open.filter(({ outcome }) => outcome === 'reset').length;
  const eofs = open.filter(({ outcome }) => outcome === 'eof').length;
  const says = `${resets} open users reset; ${eofs} ended with FIN, since nothing of them was unread`;
  return item('robots', 'reset while open', 0, resets, open.length > 0 ? says : 'no open user was cut');
}

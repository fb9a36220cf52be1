import { count } from '../../common/format.ts';
import { once } from '../facts/once.ts';
import {
  type Cause,
  change,
  counterItem,
  expecting,
  type Facts,
  type Item,
  item,
  type UserLine,
} from './shared/cause.ts';
import { byLines, isSilent, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { CLOSED_UNREAD } from './shared/listen-queue.ts';

/**
 * Stopped for so long, a process has unread data of everybody, whatever then closes them. Lower, and a gateway that closes unread is
 * let go for a short stop; higher, and one that was merely stopped is accused.
 */
const STOOD_STILL_MS = 1000;

export const closeUnread: Cause = {
  id: 'close-unread',
  title: 'the gateway closes users without reading what they sent: RST in place of FIN',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, and TCPAbortOnClose grows with them',
  under: 'app-timeout-or-panic',
  // A server that has no place for a connection closes it with its request unread as well.
  after: [{ id: 'connection-cap', when: ({ stage }) => stage === 'upgrade' }],
  scenario: { close_unread_ms: 3000, users: 200, rounds: 1, round_ms: 500, pause_ms: 200 },
  claims(user, facts) {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'unread';
    if (!isSilent(facts)) return false;
    if (facts.outside === undefined) return wasAborted(user) && abortedAlive(facts);
    return (wasAborted(user) || closedUnanswered(user, facts)) && wasUnread(user, facts);
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

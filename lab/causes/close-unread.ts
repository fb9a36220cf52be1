import { count } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import { once } from '../facts/once.ts';
import type { Settings } from '../settings/schema.ts';
import { connectionCap } from './connection-cap.ts';
import { type Cause, counterItem, expecting, type Fix, item, type Judgement } from './shared/cause.ts';
import { byLines, isSilent, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

const ABORTS = 'TcpExt TCPAbortOnClose';
/** Stopped for so long, a process has unread data of everybody, whatever then closes them. */
const STOOD_STILL_MS = 1000;

export const closeUnread: Cause = {
  id: 'close-unread',
  title: 'the gateway closes users without reading what they sent: RST in place of FIN',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, and TCPAbortOnClose grows with them',
  under: 'app-timeout-or-panic',
  scenario: { close_unread_ms: 3000, users: 200, rounds: 1, round_ms: 500, pause_ms: 200 },
  claims(user: UserLine, facts: Facts): boolean {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'unread';
    if (!isSilent(facts) || !abortedAlive(facts)) return false;
    return wasAborted(user) || (facts.outside !== undefined && closedUnanswered(user, facts));
  },
  judge(facts: Facts, claimed: number): Judgement {
    const abort = counterItem(facts, ABORTS, (growth) =>
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
  fix(_facts: Facts, { close_unread_ms }: Settings): Fix | undefined {
    if (close_unread_ms === 0) return undefined;
    return {
      change: `close_unread_ms ${close_unread_ms} → 0 (read to the end, then close)`,
      settings: { close_unread_ms: 0 },
    };
  },
};

/** Reset while open, with something sent that nobody answered. */
function wasAborted({ stage, outcome, bets }: UserLine): boolean {
  return stage === 'open' && outcome === 'reset' && bets.placed > bets.acked + bets.rejected;
}

/**
 * Reset with its request sent and unanswered, and for no want of room: a server that has no descriptor, or no place, for a
 * connection closes it unread as well.
 */
function closedUnanswered(user: UserLine, facts: Facts): boolean {
  const { descriptors, queue } = facts;
  if (user.outcome !== 'reset' || user.stage !== 'upgrade') return false;
  if (descriptors === undefined || descriptors.full || queue === undefined || queue.overflows > 0)
    return false;
  return !connectionCap.claims(user, facts);
}

const resets = once(({ failed }: Facts) => failed.filter(({ outcome }) => outcome === 'reset').length);

/** The kernel counted an unread close for each user that was reset, of a process that lives and did not stand still. */
function abortedAlive(facts: Facts): boolean {
  return (facts.counter(ABORTS) ?? 0) >= resets(facts) && facts.gateway.stoppedMs < STOOD_STILL_MS;
}

function endsItem({ failed }: Facts): EvidenceItem {
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

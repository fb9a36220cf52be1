import { count, duration } from '../../common/format.ts';
import { connectedNotOpen } from '../facts/stages.ts';
import type { Stall } from '../facts/stalls.ts';
import { layUnread, readersWorked } from './shared/busy-gateway.ts';
import {
  byClaims,
  type Cause,
  expecting,
  type Facts,
  item,
  serverWord,
  type UserLine,
  undecided,
} from './shared/cause.ts';
import { cutOf, heldUpBy, heldUpByHerd, keptWaitingMs, stallWindowMs } from './shared/held-up.ts';

/**
 * A TLS handshake takes a server this long at most, ms: RSA of 4096 bits on a slow core that others use too. If lower, a turn of the loop
 * that makes the handshakes of a whole crowd is called a block. If higher, a block with many users about is left open.
 */
const LONGEST_HANDSHAKE_MS = 20;

/**
 * For a server that is not ours: a loop that answers the hellos of many users in one turn, most of whom have left meanwhile, looks from
 * outside like one that is blocked.
 */
function mayBeHandshakes(user: UserLine, facts: Facts): boolean {
  if (facts.outside === undefined || user.stage !== 'tls' || !facts.secure) return false;
  return (keptWaitingMs(user, facts) ?? 0) < facts.asked * LONGEST_HANDSHAKE_MS;
}

export const eventLoopStall: Cause = {
  id: 'event-loop-stall',
  title: 'one long block of the event loop: users time out while nothing is read',
  toldBy: 'gateway',
  looksLike: 'one long delay of the event loop, at least half as long as users waited',
  under: 'app-timeout-or-panic',
  // Seen from outside, a loop that spins because accept(2) fails with EMFILE is at work as well, and no user becomes open.
  // Of a server that accepts nobody, or one for each that leaves, the reason is known.
  after: ['fd-exhaustion', 'concurrency-limit', 'not-accepting'].map((id) => ({
    id,
    when: (_user, { outside }) => outside !== undefined,
  })),
  scenario: {
    stall_at_users: 30,
    stall_ms: 4000,
    users: 300,
    connect_timeout_ms: 1500,
    rounds: 0,
    hold_ms: 3500,
  },
  claims(user, facts) {
    const reason = cutOf(user, facts)?.reason;
    const inTime = reason === 'idle-timeout' || reason === 'handshake-timeout';
    const overtaken = inTime && heldUpBy(user, facts) !== undefined && !heldUpByHerd(user, facts);
    if (overtaken) return true;
    const waited = reason === undefined && keptWaitingMs(user, facts) !== undefined;
    if (waited && mayBeHandshakes(user, facts)) return undefined;
    return waited && layUnread(user, facts) && (facts.gateway.stoppedMs > 0 || readersWorked(user, facts));
  },
  windowMs: (user, facts) => (cutOf(user, facts) ? undefined : stallWindowMs(user, facts)),
  judge(facts, claimed) {
    const { stalls, gateway, failed } = facts;
    const unseen = failed.filter((user) => user.stageUnknown && user.outcome === 'timeout').length;
    const { ms, blockMs } = stalls.reduce<Stall>((a, b) => (b.ms > a.ms ? b : a), { at: 0, ms: 0 });
    const block = blockMs === undefined ? '' : `, with one block of ${duration(blockMs)} in it`;
    const stopped =
      gateway.stoppedMs > 0 ? `; the process was stopped for ${duration(gateway.stoppedMs)}` : '';
    const items = [
      expecting(
        item(
          facts.outside ? 'schedstat' : 'gateway lines',
          facts.outside ? 'at work without a pause, nobody let in (ms)' : 'event loop delay, longest (ms)',
          null,
          Math.round(ms),
          `the ${serverWord(facts)} was blocked for at most ${duration(ms)}${block}${stopped}`,
        ),
        `many short tasks and no block: the ${serverWord(facts)} is slow, but does not stand still`,
      ),
      item(
        'robots',
        'gave up in the upgrade',
        0,
        failed.filter(({ outcome, stage }) => outcome === 'timeout' && connectedNotOpen(stage)).length,
        `users connected, then gave up while they waited for the ${serverWord(facts)} to read`,
      ),
    ];
    const blocked = Math.max(ms, gateway.stoppedMs) > 0;
    if (claimed === 0 && unseen > 0 && blocked) {
      const says = `${count(unseen, 'user')} gave up: the driver does not report in which stage`;
      const unknown = item('robots', 'timed out, stage unknown', 0, unseen, says);
      return undecided([...items, unknown]);
    }
    return byClaims(claimed, items);
  },
  fix(_facts, { stall_at_users, stall_ms }) {
    if (stall_at_users === 0 || stall_ms === 0) return undefined;
    return { change: `long work off the event loop (stall_ms ${stall_ms} → 0)`, settings: { stall_ms: 0 } };
  },
};

import { count } from '../../common/format.ts';
import { type Cause, change, contributing, counterItem, expecting } from './shared/cause.ts';
import { byLines } from './shared/gateway-closes.ts';
import { agesItem, cutOf, cutWhileOpen, heldUpBy, heldUpByHerd, stallItem } from './shared/held-up.ts';
import { CLOSED_UNREAD } from './shared/listen-queue.ts';

/** A heartbeat should allow at least this many misses. */
const LENIENT = 3;

export const heartbeatReaper: Cause = {
  id: 'heartbeat-reaper',
  title: "the gateway's heartbeat ends users whose pongs are still unread after a stall of its own",
  toldBy: 'gateway',
  looksLike: 'closes with this reason, just after a stall as long as the interval',
  under: 'app-timeout-or-panic',
  scenario: {
    heartbeat_ms: 800,
    stall_at_users: 200,
    stall_ms: 2500,
    users: 200,
    rounds: 0,
    hold_ms: 4500,
  },
  // Without a stall the heartbeat was right: that peer answers no pings.
  claims(user, facts) {
    const reaped = cutOf(user, facts)?.reason === 'heartbeat' && heldUpBy(user, facts) !== undefined;
    return reaped && !heldUpByHerd(user, facts);
  },
  judge(facts, claimed) {
    const { heartbeat, misses } = facts.limits;
    const items = [
      expecting(agesItem(facts, 'heartbeat', heartbeat * misses), 'no such close'),
      expecting(
        stallItem(facts, 'heartbeat', heartbeat * misses),
        'no stall: then the peers answer no pings',
      ),
      expecting(
        counterItem(
          facts,
          CLOSED_UNREAD,
          (growth) => `${count(growth, 'socket')} closed with data unread, pongs among it`,
        ),
        'no growth: a peer that sent no pong leaves nothing unread',
      ),
    ];
    const helped = facts.failed.some(
      (user) => cutOf(user, facts)?.reason === 'heartbeat' && heldUpByHerd(user, facts),
    );
    if (claimed === 0 && helped) return contributing(items);
    return byLines(facts, claimed, { reason: 'heartbeat', fits: cutWhileOpen, items });
  },
  fix(facts, { heartbeat_ms: every, heartbeat_misses: misses }) {
    if (every === 0) return undefined;
    const stallMs = Math.max(0, ...facts.stalls.map(({ ms }) => ms));
    // One more miss than pings fall due in the longest stall.
    const forgiven = Math.max(LENIENT, misses + 1, Math.floor(stallMs / every) + 2);
    return change('heartbeat_misses', misses, forgiven);
  },
};

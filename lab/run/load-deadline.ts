import { rampMs } from '../../common/duration.ts';
import { LONGEST_TIMER_MS } from '../../protocol/settings.ts';
import { longestComeback } from '../../robots/comeback.ts';
import type { Settings } from '../settings/schema.ts';

/** CPU time of a user at both ends, generously, ms. */
const SLOWEST_USER_MS = 2;

/** How long a load may take before it counts as stuck, ms: every wait in it is bounded, so this is their sum. */
export function loadDeadlineMs(settings: Settings): number {
  const { users } = settings;
  const all =
    rampMs(settings.ramp) +
    settings.connect_timeout_ms +
    users * settings.handshake_cost_ms +
    (settings.rounds + 1) * (settings.round_ms + settings.pause_ms + users * settings.bet_cost_ms) +
    (settings.requests - 1) * (settings.request_gap_ms + settings.connect_timeout_ms) +
    settings.hold_ms +
    longestComeback(settings.reconnect, settings.reconnect_ms, settings.connect_timeout_ms) +
    settings.restart_ms +
    settings.restart_drain_ms +
    settings.read_pause_ms +
    settings.stall_ms +
    settings.stop_ms +
    // A ramp of several fleets takes as long as the processors do for its users.
    (settings.gateways > 1 ? users * SLOWEST_USER_MS : 0) +
    // Three packets a handshake, which a token bucket lets through one after another.
    3 * settings.link_delay_ms * (users + settings.waiting) +
    30_000;
  return Math.min(all, LONGEST_TIMER_MS);
}

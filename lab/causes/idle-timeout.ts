import { type Cause, expecting, item, serverWord } from './shared/cause.ts';
import { clockItems, clockOfUser, signsOfClock } from './shared/clock-signs.ts';
import { byLines } from './shared/gateway-closes.ts';
import { agesItem, cutOf, cutWhileOpen, heldUpBy, stallItem } from './shared/held-up.ts';

/** A user who thinks may be silent for this long; with a much longer limit a dead peer keeps its connection. */
const PATIENT_MS = 30_000;
/** Pings within one time-out: two of them may get lost or be late. */
const PINGS = 3;

export const idleTimeout: Cause = {
  id: 'idle-timeout',
  title: 'the gateway ends users that send nothing for longer than its idle time-out',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, after a silence of that length',
  under: 'app-timeout-or-panic',
  scenario: { idle_timeout_ms: 1500, users: 100, rounds: 0, hold_ms: 3500 },
  claims(user, facts) {
    // A user that sent one more request and met the close is attributed to keepalive-race.
    if (user.idleMs === undefined && clockOfUser(user, facts)?.kind === 'silence') return true;
    return cutOf(user, facts)?.reason === 'idle-timeout' && heldUpBy(user, facts) === undefined;
  },
  judge(facts, claimed) {
    const { idle, heartbeat } = facts.limits;
    const pings =
      heartbeat === 0
        ? `the ${serverWord(facts)} sends no pings`
        : `the ${serverWord(facts)} sends a ping every ${heartbeat} ms, which users would answer`;
    const items = [
      ...clockItems(facts, 'silence'),
      expecting(agesItem(facts, 'idle-timeout', idle), 'no such close, or ages below the limit'),
      item('settings', 'heartbeat_ms', null, heartbeat, `${pings}: an answer ends the silence`, idle),
      expecting(
        stallItem(facts, 'idle-timeout', idle),
        'a stall of about the limit: the users had sent something, and it was not read',
      ),
    ];
    return byLines(facts, claimed, { reason: 'idle-timeout', fits: cutWhileOpen, items });
  },
  signs: (facts) => signsOfClock(facts, 'silence'),
  fix(_facts, { idle_timeout_ms: limit, heartbeat_ms: pings }) {
    const longer = Math.max(PATIENT_MS, PINGS * limit);
    const often = Math.floor(longer / PINGS);
    const heartbeat_ms = pings === 0 ? often : Math.min(pings, often);
    return {
      change: `idle_timeout_ms ${limit} → ${longer}, with a ping every ${heartbeat_ms} ms`,
      settings: { idle_timeout_ms: longer, heartbeat_ms },
    };
  },
};

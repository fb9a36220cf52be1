import { connectedNotOpen } from '../facts/stages.ts';
import { type Cause, change, expecting, wasCut } from './shared/cause.ts';
import { clockItems, clockOfUser, signsOfClock } from './shared/clock-signs.ts';
import { byLines } from './shared/gateway-closes.ts';
import { agesItem, cutOf, heldUpBy, stallItem } from './shared/held-up.ts';

/** The gateway's default: even a user on a bad line has finished by then. */
const PATIENT_MS = 30_000;
/** A limit longer than the default was too short as well: then it is raised by this factor. */
const LONGER = 3;

export const handshakeTimeout: Cause = {
  id: 'handshake-timeout',
  title: 'the gateway ends users whose request for the upgrade is later than its limit',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, of users that were slow to send their request',
  under: 'app-timeout-or-panic',
  scenario: { handshake_timeout_ms: 500, upgrade_delay_ms: 2000, users: 100, ramp: '300ms', rounds: 0 },
  // Where the gateway stood still, the request may have been there, unread: then the user was not slow.
  claims(user, facts) {
    if (clockOfUser(user, facts)?.kind === 'first word') return true;
    return cutOf(user, facts)?.reason === 'handshake-timeout' && heldUpBy(user, facts) === undefined;
  },
  judge(facts, claimed) {
    const { handshake } = facts.limits;
    const items = [
      expecting(
        agesItem(facts, 'handshake-timeout', handshake),
        'no such close, or many different ages: then it is not this clock',
      ),
      expecting(
        stallItem(facts, 'handshake-timeout', handshake),
        'a stall of about the limit: the gateway did not read what had arrived',
      ),
    ];
    return byLines(facts, claimed, {
      reason: 'handshake-timeout',
      fits: (user) => connectedNotOpen(user.stage) && wasCut(user),
      items: [...clockItems(facts, 'first word'), ...items],
    });
  },
  signs: (facts) => signsOfClock(facts, 'first word'),
  fix(_facts, { handshake_timeout_ms: limit }) {
    return change('handshake_timeout_ms', limit, Math.max(PATIENT_MS, LONGER * limit));
  },
};

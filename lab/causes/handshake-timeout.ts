import { type Cause, change, expecting, wasCut } from './shared/cause.ts';
import { clockItems, clockOfUser, signsOfClock } from './shared/clock-signs.ts';
import { byLines } from './shared/gateway-closes.ts';
import { agesItem, cutOf, heldUpBy, stallItem } from './shared/held-up.ts';

/** As long as the gateway waits unless it is told otherwise: a user on a bad line is through by then. */
const PATIENT_MS = 30_000;
/** A limit that was longer already was too short all the same. */
const LONGER = 3;

export const handshakeTimeout: Cause = {
  id: 'handshake-timeout',
  title: 'the gateway ends users whose upgrade is not finished in time: they are slower than its limit',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, by users that were slow to ask',
  under: 'app-timeout-or-panic',
  scenario: { handshake_timeout_ms: 500, upgrade_delay_ms: 2000, users: 100, ramp: '300ms', rounds: 0 },
  // Where the gateway stood still meanwhile, the request may have been there, unread: then it was not the user who was slow.
  claims(user, facts) {
    if (clockOfUser(user, facts)?.kind === 'first word') return true;
    return cutOf(user, facts)?.reason === 'handshake-timeout' && heldUpBy(user, facts) === undefined;
  },
  judge(facts, claimed) {
    const { handshake } = facts.limits;
    const items = [
      expecting(
        agesItem(facts, 'handshake-timeout', handshake),
        'no such close, or ages all over: whoever closes is not this clock',
      ),
      expecting(
        stallItem(facts, 'handshake-timeout', handshake),
        'a stall of about the limit: the gateway did not read what had arrived',
      ),
    ];
    return byLines(facts, claimed, {
      reason: 'handshake-timeout',
      fits: (user) => user.stage === 'upgrade' && wasCut(user),
      items: [...clockItems(facts, 'first word'), ...items],
    });
  },
  signs: (facts) => signsOfClock(facts, 'first word'),
  fix(_facts, { handshake_timeout_ms: limit }) {
    return change('handshake_timeout_ms', limit, Math.max(PATIENT_MS, LONGER * limit));
  },
};

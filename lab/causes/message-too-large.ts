import { count } from '../../common/format.ts';
import { type Cause, change, expecting, item, WITH_A_TENTH } from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { cutWhileOpen } from './shared/held-up.ts';

const TOO_BIG = 1009;

export const messageTooLarge: Cause = {
  id: 'message-too-large',
  title: 'a message is larger than the gateway accepts (max_payload, close code 1009)',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, or code 1009',
  // The clients send the message, but the limit is the gateway's own.
  under: 'app-timeout-or-panic',
  scenario: { max_payload: 4096, bet_bytes: 8192, users: 300, rounds: 1, round_ms: 1000, pause_ms: 300 },
  claims(user, facts) {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'too-large';
    return user.outcome === 'closed' && user.code === TOO_BIG;
  },
  judge(facts, claimed) {
    const closed = facts.closing.ended(TOO_BIG);
    const says =
      closed === 0
        ? 'no user was closed with 1009'
        : `${count(closed, 'user')} closed with 1009: message too big (RFC 6455, 7.4.1)`;
    return byLines(facts, claimed, {
      reason: 'too-large',
      seen: true,
      fits: (user) => cutWhileOpen(user) && user.bets.placed > 0,
      items: [
        expecting(item('robots', 'close code 1009', 0, closed, says), 'no user is closed with 1009'),
        reasonItem(facts, 'too-large'),
      ],
    });
  },
  fix(_facts, { max_payload, bet_bytes }) {
    if (bet_bytes <= max_payload) return undefined;
    let payload = max_payload;
    while (payload < bet_bytes * WITH_A_TENTH) payload *= 2;
    return change('max_payload', max_payload, payload);
  },
};

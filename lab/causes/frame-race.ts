import { count } from '../../common/format.ts';
import { type Cause, expecting, type Facts, type Item, item, type UserLine, wasCut } from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';

const PROTOCOL_ERROR = 1002;
/** Garbage may also look like text that is no UTF-8, or like a length that is too large (RFC 6455, 7.4.1). */
const TAKEN_FOR = [1007, 1009];

export const frameRace: Cause = {
  id: 'frame-race',
  title: 'two writers interleave their frames on one connection (close code 1002)',
  toldBy: 'gateway',
  looksLike: 'two writers on a connection, and closes with 1002',
  // The clients do it, but the gateway closes: its close line is what is seen, and where to look first.
  under: 'app-timeout-or-panic',
  scenario: { betting: 'racing', users: 300, rounds: 1, round_ms: 1000, pause_ms: 300 },
  claims(user, facts) {
    if (!raced(user, facts)) return false;
    const reason = reasonFor(user, facts) ?? 'protocol-error';
    if (reason !== 'protocol-error' && reason !== 'too-large') return false;
    const code = facts.closing.code(user);
    if (code === PROTOCOL_ERROR) return true;
    const { ended } = facts.closing;
    return code !== undefined && TAKEN_FOR.includes(code) && ended(PROTOCOL_ERROR) > ended(code);
  },
  judge(facts, claimed) {
    return byLines(facts, claimed, {
      reason: 'protocol-error',
      fits: (user) => raced(user, facts) && wasCut(user),
      items: [codeItem(facts), reasonItem(facts, 'protocol-error'), writersItem(facts)],
    });
  },
  fix(_facts, { betting }) {
    if (betting !== 'racing') return undefined;
    return { change: 'betting racing → herd (one writer a connection)', settings: { betting: 'herd' } };
  },
};

/** The user had bet, and more than one writer used its connection. */
function raced(user: UserLine, { betting }: Facts): boolean {
  return betting.mode === 'racing' && user.stage === 'open' && user.bets.placed > 0;
}

function codeItem({ closing }: Facts): Item {
  const broken = closing.ended(PROTOCOL_ERROR);
  const says =
    broken === 0
      ? 'no connection was closed with 1002'
      : `${count(broken, 'connection')} closed with 1002 (RFC 6455, 7.4.1: protocol error)`;
  return expecting(item('robots', 'close code 1002', 0, broken, says), 'no connection is closed with 1002');
}

function writersItem({ betting }: Facts): Item {
  const two = betting.mode === 'racing';
  const says = two
    ? 'each connection has two writers, and no lock between them'
    : 'each connection has one writer: no other frames can cut into its own';
  return item('robots', 'writers a connection', null, two ? 2 : 1, says);
}

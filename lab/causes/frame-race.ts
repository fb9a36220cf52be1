import { count } from '../../common/format.ts';
import { type Cause, expecting, type Facts, type Item, item, type UserLine, wasCut } from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';

const PROTOCOL_ERROR = 1002;
/** What garbage may also be taken for (RFC 6455, 7.4.1): text that is no UTF-8, a length that is too large. */
const TAKEN_FOR = [1007, 1009];

export const frameRace: Cause = {
  id: 'frame-race',
  title: 'two writers interleave their frames on one connection (close code 1002)',
  toldBy: 'gateway',
  looksLike: 'two writers on a connection, and closes with 1002',
  // The clients do it, the gateway ends it: what is seen, and where to look first, is its decision and its words.
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

/** It had bet, and more than one wrote on its connection. */
function raced(user: UserLine, { betting }: Facts): boolean {
  return betting.mode === 'racing' && user.stage === 'open' && user.bets.placed > 0;
}

function codeItem({ closing }: Facts): Item {
  const broken = closing.ended(PROTOCOL_ERROR);
  const says =
    broken === 0
      ? 'no frame was taken for a broken one'
      : `${count(broken, 'connection')} closed with 1002 (RFC 6455, 7.4.1: protocol error)`;
  return expecting(item('robots', 'close code 1002', 0, broken, says), 'nobody is closed with 1002');
}

function writersItem({ betting }: Facts): Item {
  const two = betting.mode === 'racing';
  const says = two
    ? 'two writers on each connection, and no lock between them'
    : 'one writer on each connection: its frames cannot be cut by another’s';
  return item('robots', 'writers a connection', null, two ? 2 : 1, says);
}

import { count } from '../../common/format.ts';
import { type Cause, change, type Facts, type Fix, type Item, item, together } from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { cutWhileOpen } from './shared/held-up.ts';

const KIB = 1024;
/** A gateway sends the next message before the last one is read: so it must have room for this many. */
const MESSAGES = 4;

export const slowConsumer: Cause = {
  id: 'slow-consumer',
  title: 'users read more slowly than the gateway sends (max_buffered)',
  toldBy: 'gateway',
  looksLike: 'closes with this reason',
  // The clients do not read, but the limit on unsent data is the gateway's own.
  under: 'app-timeout-or-panic',
  // The kernel buffers up to tcp_wmem[2] for each user, mostly 4 MB: ten of these messages arrive in a third of the pause.
  scenario: {
    broadcast_kb: 512,
    round_ms: 100,
    pause_ms: 50,
    read_pause_ms: 4500,
    users: 20,
    rounds: 1,
  },
  claims: (user, facts) => reasonFor(user, facts) === 'slow-consumer',
  judge(facts, claimed) {
    return byLines(facts, claimed, {
      reason: 'slow-consumer',
      fits: cutWhileOpen,
      items: [reasonItem(facts, 'slow-consumer'), unannouncedItem(facts)],
    });
  },
  fix(_facts, settings) {
    const { read_pause_ms, max_buffered, broadcast_kb } = settings;
    const soon: Fix = {
      change: `read_pause_ms ${read_pause_ms} → 0 (clients read at once, and work on it elsewhere)`,
      settings: { read_pause_ms: 0 },
    };
    // If the bound is below one message, the reader is not what is slow.
    const needed = MESSAGES * broadcast_kb * KIB;
    const room =
      max_buffered <= broadcast_kb * KIB ? change('max_buffered', max_buffered, needed) : undefined;
    return together([read_pause_ms > 0 ? soon : undefined, room], '; ');
  },
};

function unannouncedItem({ failed }: Facts): Item {
  const cut = failed.filter(({ stage, outcome }) => stage === 'open' && outcome !== 'closed').length;
  const says = `${count(cut, 'open user')} cut without a close code: a close frame would wait behind the unread data`;
  return item('robots', 'open, ended without a close frame', 0, cut, cut > 0 ? says : 'no open user was cut');
}

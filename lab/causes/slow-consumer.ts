import { type Cause, change, type Facts, type Fix, type Item, item, together } from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { cutWhileOpen } from './shared/held-up.ts';

const KIB = 1024;
/** A gateway that sends a message before the one before it is read must have room for some. */
const MESSAGES = 4;

export const slowConsumer: Cause = {
  id: 'slow-consumer',
  title: 'users read more slowly than the gateway sends (max_buffered)',
  toldBy: 'gateway',
  looksLike: 'closes with this reason',
  // The clients do not read; that nobody waits for them for ever is the gateway's own limit.
  under: 'app-timeout-or-panic',
  // The kernel takes up to tcp_wmem[2] for each, 4 MB on most: ten of these messages, in a third of the pause.
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
      change: `read_pause_ms ${read_pause_ms} → 0 (whoever receives reads at once, and works on it elsewhere)`,
      settings: { read_pause_ms: 0 },
    };
    // With a bound below one message it is not the reader that is slow.
    const needed = MESSAGES * broadcast_kb * KIB;
    const room =
      max_buffered <= broadcast_kb * KIB ? change('max_buffered', max_buffered, needed) : undefined;
    return together([read_pause_ms > 0 ? soon : undefined, room], '; ');
  },
};

function unannouncedItem({ failed }: Facts): Item {
  const cut = failed.filter(({ stage, outcome }) => stage === 'open' && outcome !== 'closed').length;
  const says = 'a close frame would wait behind what is unread: they see the end, and no code';
  return item(
    'robots',
    'open, ended without a close frame',
    0,
    cut,
    cut > 0 ? says : 'nobody was cut while open',
  );
}

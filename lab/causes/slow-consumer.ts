import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import { type Cause, type Fix, item, type Judgement } from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

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
  claims(user: UserLine, facts: Facts): boolean {
    return reasonFor(user, facts) === 'slow-consumer';
  },
  judge(facts: Facts, claimed: number): Judgement {
    return byLines(facts, claimed, {
      reason: 'slow-consumer',
      fits: ({ stage, outcome }) => stage === 'open' && (outcome === 'reset' || outcome === 'eof'),
      items: [reasonItem(facts, 'slow-consumer'), unannouncedItem(facts)],
    });
  },
  fix(_facts: Facts, settings: Settings): Fix | undefined {
    const { read_pause_ms, max_buffered, broadcast_kb } = settings;
    const changes: Fix[] = [];
    if (read_pause_ms > 0) {
      const change = `read_pause_ms ${read_pause_ms} → 0 (whoever receives reads at once, and works on it elsewhere)`;
      changes.push({ change, settings: { read_pause_ms: 0 } });
    }
    // With a bound below one message it is not the reader that is slow.
    const needed = MESSAGES * broadcast_kb * KIB;
    if (max_buffered <= broadcast_kb * KIB)
      changes.push({
        change: `max_buffered ${max_buffered} → ${needed}`,
        settings: { max_buffered: needed },
      });
    if (changes.length === 0) return undefined;
    return {
      change: changes.map(({ change }) => change).join('; '),
      settings: Object.assign({}, ...changes.map(({ settings }) => settings)),
    };
  },
};

function unannouncedItem({ failed }: Facts): EvidenceItem {
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

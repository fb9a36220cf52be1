import { count, duration } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Stall } from '../facts/stalls.ts';
import type { Settings } from '../settings/schema.ts';
import {
  byClaims,
  type Cause,
  expecting,
  type Fix,
  failedAt,
  isUnmatched,
  item,
  type Judgement,
} from './shared/cause.ts';
import { cutOf, heldUpByHerd, isOfBets } from './shared/held-up.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

export const bettingHerd: Cause = {
  id: 'betting-herd',
  title: 'the robots: all bet in the same instant',
  toldBy: 'inferred',
  looksLike: 'users that failed in, or after, a long delay in which bets were handled',
  // 1.5 s of work: at once it is more than the idle time-out, paced half of the 3 s over which the bets come.
  scenario: {
    users: 190,
    betting: 'herd',
    bet_cost_ms: 8,
    idle_timeout_ms: 650,
    heartbeat_ms: 200,
    heartbeat_misses: 10,
    rounds: 1,
    round_ms: 3750,
    pause_ms: 200,
  },
  claims(user: UserLine, facts: Facts): boolean {
    const { betting } = facts;
    if (heldUpByHerd(user, facts)) return true;
    if (isUnmatched(user, facts) || cutOf(user, facts) !== undefined) return false;
    return (
      betting.mode === 'herd' && user.stage === 'open' && user.bets.placed > 0 && user.outcome !== 'closed'
    );
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { betting, failed } = facts;
    const { firstAt } = betting;
    if (failed.length > 0 && betting.mode === 'herd' && firstAt === undefined) {
      const none = item('robots', 'first bet', null, null, 'no bet was placed before the run ended');
      return { verdict: 'refuted', for: [], against: [none] };
    }
    const early = failed.filter((user) => firstAt === undefined || failedAt(user) < firstAt).length;
    const after = failed.length - early;
    const items = [
      item('robots', 'failed before the first bet', 0, early, whenFailed(early, after)),
      item(
        'robots',
        'failed after betting opened',
        0,
        after,
        `${count(after, 'user')} failed once bets were placed`,
      ),
      heldItem(facts),
    ];
    // Users that the gateway cut while the herd held its loop: the herd did not cut them, but made it happen.
    const longest = longestWhileBetting(facts);
    const pushed = after > 0 && betting.mode === 'herd' && longest.ms >= HELD_MS && isOfBets(longest);
    if (claimed === 0 && pushed) return { verdict: 'contributing', for: items, against: [] };
    return byClaims(claimed, items);
  },
  fix(_facts: Facts, { betting }: Settings): Fix | undefined {
    if (betting !== 'herd') return undefined;
    return {
      change: 'betting herd → paced: each bets after a pause of its own',
      settings: { betting: 'paced' },
    };
  },
};

const HELD_MS = 1000;

function longestWhileBetting({ stalls, betting: { firstAt } }: Facts): Stall {
  return stalls
    .filter(({ at }) => firstAt !== undefined && at >= firstAt)
    .reduce((longest, stall) => (stall.ms > longest.ms ? stall : longest), { at: 0, ms: 0, bets: 0 });
}

function heldItem(facts: Facts): EvidenceItem {
  const { ms, bets } = longestWhileBetting(facts);
  const handled = bets === undefined ? '' : `, with ${count(bets, 'bet')} handled in that time`;
  const says = `the event loop was held for at most ${duration(ms)} while betting${handled}`;
  return expecting(
    item('gateway stdout', 'event loop delay while betting (ms)', null, Math.round(ms), says),
    'a short delay; or a long one in which no bets were handled: then it had another source',
  );
}

function whenFailed(early: number, after: number): string {
  if (early + after === 0) return 'nobody failed';
  return after === 0
    ? `all ${early} failed before any bet was placed`
    : `${count(early, 'user')} failed before any bet`;
}

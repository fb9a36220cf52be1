import { count, duration } from '../../common/format.ts';
import { once } from '../facts/once.ts';
import type { Stall } from '../facts/stalls.ts';
import {
  byClaims,
  type Cause,
  contributing,
  expecting,
  type Facts,
  failedAt,
  type Item,
  isUnmatched,
  item,
} from './shared/cause.ts';
import { type Depth, deepest, windowAt } from './shared/depth.ts';
import { cutOf, heldUpByHerd, isOfBets } from './shared/held-up.ts';

export const bettingHerd: Cause = {
  id: 'betting-herd',
  title: 'the robots: all bet in the same instant',
  toldBy: 'inferred',
  looksLike: 'users that failed during or after a long delay in which bets were handled',
  // 1.5 s of work: all at once it exceeds the idle time-out; paced it is half of the 3 s over which the bets arrive.
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
  claims(user, facts) {
    if (heldUpByHerd(user, facts)) return true;
    if (isUnmatched(user, facts) || cutOf(user, facts) !== undefined) return false;
    const inHerd = facts.betting.mode === 'herd' && user.bets.placed > 0;
    return inHerd && user.stage === 'open' && user.outcome !== 'closed';
  },
  // Its claim compares no times, but whether the herd helped does: a long stall, once betting had opened.
  windowMs(user, facts) {
    const isSure = facts.betting.mode !== 'herd' || bettingHerd.claims(user, facts);
    return isSure ? undefined : windowAt(pushedDepth(facts), HELD_MS);
  },
  judge(facts, claimed) {
    const { betting, failed } = facts;
    const { firstAt } = betting;
    if (failed.length > 0 && betting.mode === 'herd' && firstAt === undefined) {
      const none = item('robots', 'first bet', null, null, 'the run ended before any bet was placed');
      return byClaims(0, [none]);
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
        `${count(after, 'user')} failed after the first bet`,
      ),
      heldItem(facts),
    ];
    // The gateway cut users while the herd blocked its loop: the herd did not cut them, but helped to make it happen.
    const longest = longestWhileBetting(facts);
    const pushed = after > 0 && betting.mode === 'herd' && longest.ms >= HELD_MS && isOfBets(longest);
    if (claimed === 0 && pushed) return contributing(items);
    return byClaims(claimed, items);
  },
  fix(_facts, { betting }) {
    if (betting !== 'herd') return undefined;
    return {
      change: 'betting herd → paced: each user bets after a pause of its own',
      settings: { betting: 'paced' },
    };
  },
};

/**
 * A herd that blocked the loop for this long is called contributing. If lower, any herd is. If higher, a herd that made short time-outs
 * fire is not named.
 */
const HELD_MS = 1000;

/** Whether the herd blocked the loop for that long: in a stall that was over once betting had opened. */
const pushedDepth = once(({ stalls, betting: { firstAt } }: Facts): Depth => {
  const long = stalls.filter((stall) => stall.ms >= HELD_MS && isOfBets(stall));
  return deepest(firstAt === undefined ? [] : long.map(({ at }) => at - firstAt));
});

function longestWhileBetting({ stalls, betting: { firstAt } }: Facts): Stall {
  return stalls
    .filter(({ at }) => firstAt !== undefined && at >= firstAt)
    .reduce((longest, stall) => (stall.ms > longest.ms ? stall : longest), { at: 0, ms: 0, bets: 0 });
}

function heldItem(facts: Facts): Item {
  const { ms, bets } = longestWhileBetting(facts);
  const handled = bets === undefined ? '' : `, with ${count(bets, 'bet')} handled in that time`;
  const says = `the event loop was blocked for at most ${duration(ms)} while users bet${handled}`;
  return expecting(
    item('gateway lines', 'event loop delay while betting (ms)', null, Math.round(ms), says),
    'a short delay, or a long one in which no bets were handled',
  );
}

function whenFailed(early: number, after: number): string {
  if (early + after === 0) return 'no user failed';
  return after === 0
    ? `all ${early} failed before any bet was placed`
    : `${count(early, 'user')} failed before any bet`;
}

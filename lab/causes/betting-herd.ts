import type { UserLine } from '../../robots/lines.ts';
import type { Facts } from '../verdict/facts.ts';
import { count, duration } from '../words.ts';
import { byClaims, type Cause, failedAt, isUnmatched, item, type Judgement } from './cause.ts';

export const bettingHerd: Cause = {
  id: 'betting-herd',
  title: 'the robots: all bet in the same instant',
  toldBy: 'inferred',
  claims(user: UserLine, facts: Facts): boolean {
    const { betting } = facts;
    if (isUnmatched(user, facts)) return false;
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
      item(
        'gateway stdout',
        'event loop delay while betting (ms)',
        null,
        Math.round(betting.loopMaxMs),
        `the bets held the event loop for at most ${duration(betting.loopMaxMs)}`,
      ),
    ];
    // Users that the gateway cut while the herd held its loop: the herd did not cut them, but made it happen.
    const pushed = after > 0 && betting.mode === 'herd' && betting.loopMaxMs >= HELD_MS;
    if (claimed === 0 && pushed) return { verdict: 'contributing', for: items, against: [] };
    return byClaims(claimed, items);
  },
};

const HELD_MS = 1000;

function whenFailed(early: number, after: number): string {
  if (early + after === 0) return 'nobody failed';
  return after === 0
    ? `all ${early} failed before any bet was placed`
    : `${count(early, 'user')} failed before any bet`;
}

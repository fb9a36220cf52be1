import { count, duration } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import { byClaims, type Cause, isUnmatched, item, type Judgement } from './shared/cause.ts';
import { diedWithIt, diedWithWorker, exitItem, workerItems } from './shared/gateway-exit.ts';
import { heldUpByHerd } from './shared/held-up.ts';
import { signsOfTheEnd } from './shared/signs.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

/** A user that gave up was kept waiting by a stall if the stall was most of its wait. */
const MOST = 0.5;

export const appTimeoutOrPanic: Cause = {
  id: 'app-timeout-or-panic',
  title: 'the gateway itself: a time-out, a panic, a crash or a stall',
  toldBy: 'gateway',
  looksLike: 'closes that it logged, an exit, or an event loop that kept users waiting',
  claims(user: UserLine, facts: Facts): boolean {
    const { gateway } = facts;
    // Its clock did end the user, and the bets held the loop until that was due.
    if (heldUpByHerd(user, facts)) return false;
    if (user.port !== undefined && gateway.closes.has(user.port)) return true;
    if (diedWithIt(user, facts) || diedWithWorker(user, facts)) return true;
    const stalledMs = stalled(gateway);
    return keptWaiting(user, stalledMs) && user.stage === 'upgrade';
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { gateway } = facts;
    if (claimed === 0 && gateway.samples === 0 && gateway.exit === undefined) {
      const silent = item('gateway stdout', 'samples', null, 0, 'the gateway wrote nothing');
      return { verdict: 'insufficient-data', for: [], against: [silent] };
    }
    const items = [exitItem(facts), ...workerItems(facts), closesItem(facts), loopItem(facts)];
    const unseen = facts.failed.filter((user) => isUnseen(user, facts)).length;
    if (claimed === 0 && unseen > 0)
      return { verdict: 'insufficient-data', for: [], against: [...items, unseenItem(unseen)] };
    return byClaims(claimed, items);
  },
  signs: signsOfTheEnd,
};

function stalled({ loopMaxMs, stoppedMs }: Facts['gateway']): number {
  return Math.max(loopMaxMs, stoppedMs);
}

function keptWaiting(user: UserLine, stalledMs: number): boolean {
  return user.outcome === 'timeout' && stalledMs >= MOST * (user.endedMs ?? 0);
}

/** It may have been the gateway, but the driver tells too little of this user to say so. */
function isUnseen(user: UserLine, facts: Facts): boolean {
  const waited = user.stageUnknown === true && keptWaiting(user, stalled(facts.gateway));
  return isUnmatched(user, facts) || waited;
}

function unseenItem(users: number): EvidenceItem {
  const says = `${count(users, 'user')} may be among those, but the driver gives no port, and no stage, to tell by`;
  return item('robots', 'failed users that cannot be matched', 0, users, says);
}

function closesItem({ gateway: { byReason, closes } }: Facts): EvidenceItem {
  const reasons = Object.entries(byReason).map(([reason, number]) => `${number} × ${reason}`);
  const says = closes.size === 0 ? 'the gateway closed nobody of its own accord' : reasons.join(', ');
  return item('gateway stdout', 'closes it decided', 0, closes.size, says);
}

function loopItem({ gateway: { loopMaxMs, stoppedMs } }: Facts): EvidenceItem {
  const stopped = stoppedMs > 0 ? `, stopped for ${duration(stoppedMs)}` : '';
  return item(
    'gateway stdout',
    'event loop delay, longest (ms)',
    null,
    Math.round(loopMaxMs),
    `the event loop was held up for at most ${duration(loopMaxMs)}${stopped}`,
  );
}

import { count, duration } from '../../common/format.ts';
import { connectedNotOpen } from '../facts/stages.ts';
import {
  byClaims,
  type Cause,
  type Facts,
  type Item,
  isUnmatched,
  item,
  type UserLine,
  undecided,
} from './shared/cause.ts';
import { reasonFor } from './shared/gateway-closes.ts';
import {
  diedWithIt,
  diedWithWorker,
  endWindowMs,
  exitItem,
  signsOfTheEnd,
  stoppedItems,
  workerItems,
} from './shared/gateway-exit.ts';
import { heldUpByHerd, keptWaiting, letInWindowMs, othersWereLetIn } from './shared/held-up.ts';

export const appTimeoutOrPanic: Cause = {
  id: 'app-timeout-or-panic',
  title: 'the gateway itself: a time-out, a panic, a crash or a stall',
  toldBy: 'gateway',
  looksLike: 'closes that the gateway logged, an exit, or an event loop that kept users waiting',
  claims(user, facts) {
    // A clock of the gateway ended the user, but the herd's bets had blocked the loop until that was due.
    if (heldUpByHerd(user, facts)) return false;
    if (reasonFor(user, facts) !== undefined) return true;
    if (diedWithIt(user, facts) || diedWithWorker(user, facts)) return true;
    return (
      connectedNotOpen(user.stage) && keptWaiting(user, stalledMs(facts)) && !othersWereLetIn(user, facts)
    );
  },
  windowMs(user, facts) {
    if (reasonFor(user, facts) !== undefined) return undefined;
    const stood = connectedNotOpen(user.stage) && keptWaiting(user, stalledMs(facts));
    const letIn = stood ? letInWindowMs(user, facts) : undefined;
    if (stood && letIn === undefined) return undefined;
    const end = endWindowMs(user, facts);
    return letIn === undefined || end === undefined ? (letIn ?? end) : Math.min(letIn, end);
  },
  judge(facts, claimed) {
    const { gateway } = facts;
    if (claimed === 0 && gateway.samples === 0 && gateway.exit === undefined) {
      const silent = item('gateway lines', 'samples', null, 0, 'the gateway wrote no lines');
      return undecided([silent]);
    }
    const items = [
      exitItem(facts),
      ...workerItems(facts),
      ...stoppedItems(facts),
      closesItem(facts),
      loopItem(facts),
    ];
    const unseen = facts.failed.filter((user) => isUnseen(user, facts)).length;
    if (claimed === 0 && unseen > 0) {
      const says = `${count(unseen, 'user')} may have failed so, but the driver reports neither port nor stage to match them by`;
      return undecided([...items, item('robots', 'failed users that cannot be matched', 0, unseen, says)]);
    }
    return byClaims(claimed, items);
  },
  signs: signsOfTheEnd,
};

function stalledMs({ gateway: { loopMaxMs, stoppedMs } }: Facts): number {
  return Math.max(loopMaxMs, stoppedMs);
}

/** It may have been the gateway, but the driver reports too little about this user to decide. */
function isUnseen(user: UserLine, facts: Facts): boolean {
  return isUnmatched(user, facts) || (user.stageUnknown === true && keptWaiting(user, stalledMs(facts)));
}

function closesItem({ gateway: { byReason }, cuts }: Facts): Item {
  const reasons = Object.entries(byReason).map(([reason, number]) => `${number} × ${reason}`);
  const says =
    cuts.size === 0
      ? 'the gateway logged no close of its own'
      : `the gateway closed users itself: ${reasons.join(', ')}`;
  return item('gateway lines', 'closes it decided', 0, cuts.size, says);
}

function loopItem({ gateway: { loopMaxMs, stoppedMs } }: Facts): Item {
  const stopped = stoppedMs > 0 ? `, and the process was stopped for ${duration(stoppedMs)}` : '';
  return item(
    'gateway lines',
    'event loop delay, longest (ms)',
    null,
    Math.round(loopMaxMs),
    `the event loop was blocked for at most ${duration(loopMaxMs)}${stopped}`,
  );
}

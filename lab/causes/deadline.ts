import { duration } from '../../common/format.ts';
import { largest, smallest } from '../facts/numbers.ts';
import { type Cause, expecting, type Facts, type Item, item, type UserLine } from './shared/cause.ts';
import { clockItems, clockOfUser, signsOfClock } from './shared/clock-signs.ts';
import { byLines } from './shared/gateway-closes.ts';
import { agesItem, cutOf, cutWhileOpen } from './shared/held-up.ts';

/** A peer that is gone holds its connection for two of these at most, ms. If shorter, the pings of many users are a load of their own. */
const FIND_THE_DEAD_MS = 10_000;

export const deadline: Cause = {
  id: 'deadline',
  title: 'the gateway ends every connection at a fixed age, whether it is used or not',
  toldBy: 'gateway',
  looksLike: 'closes with this reason, all at one age',
  under: 'app-timeout-or-panic',
  scenario: { deadline_ms: 1500, users: 100, ramp: '1s', rounds: 0, hold_ms: 3500 },
  claims: (user, facts) =>
    cutOf(user, facts)?.reason === 'deadline' || clockOfUser(user, facts)?.kind === 'age',
  judge(facts, claimed) {
    const items = [
      ...clockItems(facts, 'age'),
      expecting(agesItem(facts, 'deadline', facts.limits.deadline), 'many different ages'),
      expecting(
        spreadItem(facts),
        'all end at one moment, whatever their age (a crash, a restart), or at many different ages',
      ),
    ];
    return byLines(facts, claimed, { reason: 'deadline', fits: cutWhileOpen, items });
  },
  signs: (facts) => signsOfClock(facts, 'age'),
  fix(_facts, { deadline_ms: limit, heartbeat_ms: pings }) {
    if (limit === 0) return undefined;
    const heartbeat_ms = pings === 0 ? FIND_THE_DEAD_MS : pings;
    return {
      change: `deadline_ms ${limit} → 0: dead peers are found by a ping every ${heartbeat_ms} ms, not by age`,
      settings: { deadline_ms: 0, heartbeat_ms },
    };
  },
};

/** The ages of the cut users as the robots saw them, beside the time over which those users arrived. */
function spreadItem(facts: Facts): Item {
  const cut = facts.failed.filter((user) => cutOf(user, facts)?.reason === 'deadline');
  const lived = (user: UserLine) => (user.endedMs ?? 0) - (user.openMs ?? user.connectedMs ?? 0);
  const ages = spread(cut.map(lived));
  const opened = spread(cut.map((user) => user.startedAt + (user.openMs ?? 0)));
  const says =
    cut.length === 0
      ? 'no user was cut by a deadline'
      : `the users that were cut arrived within ${duration(opened.width)}, and lived ${duration(ages.least)} to ${duration(ages.most)}`;
  return item('robots', 'ages of those cut, from least to most (ms)', null, Math.round(ages.width), says);
}

function spread(numbers: number[]): { least: number; most: number; width: number } {
  if (numbers.length === 0) return { least: 0, most: 0, width: 0 };
  const [least, most] = [smallest(numbers), largest(numbers)];
  return { least, most, width: most - least };
}

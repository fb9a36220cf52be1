import { count, duration, percent } from '../../common/format.ts';
import { busyItem, cpuItem, rateItem, THROTTLED, waitedForQuota, waitOf } from './shared/busy-gateway.ts';
import {
  byClaims,
  bySeenClaims,
  type Cause,
  change,
  expecting,
  type Facts,
  type Item,
  item,
  serverWord,
  undecided,
} from './shared/cause.ts';
import { sharedItem } from './shared/shared-item.ts';

/** An event loop runs on one core; its helper threads (garbage collection, file reads) need little more. */
const ONE_LOOP = 1;

export const cpuQuota: Cause = {
  id: 'cpu-quota',
  title:
    'the gateway has used up its CPU quota: it stands still for a part of each period, and answers too late',
  toldBy: 'gateway',
  looksLike: 'a server held back by its CPU quota while users waited',
  under: 'app-timeout-or-panic',
  // 0.3 s of work in all: on a whole core a fifth of the time-out of users, on a tenth of a core twice as long as it.
  scenario: { cpus: '0.1', handshake_cost_ms: 1, users: 300, connect_timeout_ms: 1500, rounds: 0 },
  // Where the quota is not the gateway's alone, nobody knows whom it held back: then it is no other cause either.
  claims: (user, facts) => waitedForQuota(user, facts) && (facts.sharedLimits?.cpus ? undefined : true),
  judge(facts, claimed) {
    const throttled = throttledItem(facts);
    if (facts.sharedLimits?.cpus && waitOf(facts) !== undefined)
      return undecided([...sharedItem(facts, 'cpus'), throttled]);
    if (claimed === 0) return bySeenClaims(facts, claimed, [throttled]);
    const says = `${count(claimed, 'user')} gave up while the quota held the ${serverWord(facts)} back`;
    const items = [throttled, busyItem(facts), cpuItem(facts), rateItem(facts)].filter(
      (one) => one !== undefined,
    );
    return byClaims(claimed, [...items, item('robots', 'timed out before the upgrade', 0, claimed, says)]);
  },
  fix(_facts, { cpus }) {
    if (cpus === 0) return undefined;
    if (cpus < ONE_LOOP) return change('cpus', cpus, String(ONE_LOOP));
    return { change: `cpus ${cpus} → no quota`, settings: { cpus: '0' } };
  },
};

function throttledItem(facts: Facts): Item {
  const wait = waitOf(facts);
  const part = wait && facts.loop.throttled(wait.from, wait.to);
  const name = 'held back while users waited';
  if (wait === undefined)
    return item('CPU quota', name, null, null, `no user gave up waiting for the ${serverWord(facts)}`);
  if (part === undefined) return item('CPU quota', name, null, null, 'no CPU quota is known to be in force');
  const waited = duration(wait.to - wait.from);
  const says = `the quota stopped the ${serverWord(facts)} for ${percent(part)} of the ${waited} in which users waited`;
  const measured = item('CPU quota', name, null, Math.round(part * 1000) / 1000, says, THROTTLED);
  return expecting(measured, 'without a quota, or within it, a server is not held back');
}

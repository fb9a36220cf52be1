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
} from './shared/cause.ts';

/** An event loop runs on one core; what helps it beside that (collecting garbage, reading files) is little. */
const ONE_LOOP = 1;

export const cpuQuota: Cause = {
  id: 'cpu-quota',
  title: "the gateway's CPU quota is used up: it stands still in each period, and answers too late",
  toldBy: 'gateway',
  looksLike: 'held back by its CPU quota while users waited',
  under: 'app-timeout-or-panic',
  // 0.3 s of work in all: four times less than users wait on a whole core, twice more on a tenth of one.
  scenario: { cpus: '0.1', handshake_cost_ms: 1, users: 300, connect_timeout_ms: 1500, rounds: 0 },
  claims: waitedForQuota,
  judge(facts, claimed) {
    const throttled = throttledItem(facts);
    if (claimed === 0) return bySeenClaims(facts, claimed, [throttled]);
    const says = `${count(claimed, 'user')} gave up while it was held back`;
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
  if (wait === undefined) return item('CPU quota', name, null, null, 'nobody gave up waiting for it');
  if (part === undefined)
    return item('CPU quota', name, null, null, 'no CPU quota in force, as far as is known');
  const says = `stopped by its quota for ${percent(part)} of the ${duration(wait.to - wait.from)} in which users gave up`;
  const measured = item('CPU quota', name, null, Math.round(part * 1000) / 1000, says, THROTTLED);
  return expecting(measured, 'without a quota, or within it, nothing is held back');
}

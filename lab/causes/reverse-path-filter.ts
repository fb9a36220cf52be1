import { count } from '../../common/format.ts';
import { once } from '../facts/once.ts';
import {
  byClaims,
  type Cause,
  change,
  contributing,
  counterItem,
  type Facts,
  type Item,
  item,
  uncounted,
  undecided,
} from './shared/cause.ts';
import { unheard } from './shared/unheard.ts';

const COUNTER = 'TcpExt IPReversePathFilter';

export const reversePathFilter: Cause = {
  id: 'reverse-path-filter',
  title: 'the kernel drops packets whose sender it would answer over another link (rp_filter)',
  toldBy: 'kernel',
  looksLike: 'users that time out in the handshake while IPReversePathFilter grows with each SYN',
  only: {
    runtimes: ['netns'],
    platform: 'linux',
    why: 'two ways to the gateway need two network namespaces of the lab (netns)',
  },
  scenario: { way_back: 'other', rp_filter: 1, users: 100, rounds: 0, connect_timeout_ms: 1500 },
  claims(user, facts) {
    if (facts.gap || user.outcome !== 'timeout' || user.stage !== 'connect') return false;
    const dropped = facts.filter.noWayBack ?? 0;
    return (facts.filter.alone || facts.filter.byLink) && dropped >= timeouts(facts) && unheard(user, facts);
  },
  judge(facts, claimed) {
    const items = itemsOf(facts, claimed);
    if (claimed > 0) return byClaims(claimed, items);
    if (facts.gap) return undecided(items);
    return facts.filter.noWayBack ? contributing(items) : byClaims(0, items);
  },
  /** The counter is of the whole namespace and every protocol, so this is never more than contributing. */
  signs(facts) {
    const items = itemsOf(facts, 0);
    return uncounted(facts.filter.noWayBack ? contributing(items) : byClaims(0, items));
  },
  fix(_facts, { way_back, rp_filter }) {
    return way_back === 'other' && rp_filter === 1 ? change('rp_filter', 1, 2) : undefined;
  },
};

const timeouts = once(
  (facts: Facts) =>
    facts.failed.filter(
      (user) => user.outcome === 'timeout' && user.stage === 'connect' && unheard(user, facts),
    ).length,
);

function itemsOf(facts: Facts, claimed: number): Item[] {
  const items = [
    counterItem(facts, COUNTER, (growth) =>
      growth === 0
        ? 'no packet was dropped for want of a way back'
        : `${count(growth, 'packet')} to this namespace dropped by rp_filter: the way back to the sender is another link`,
    ),
  ];
  if (claimed > 0)
    items.push(
      item(
        'ledger',
        'users of whom no SYN arrived',
        0,
        claimed,
        `${count(claimed, 'user')} timed out in the handshake; the server's TCP knows nothing of them, and no queue of it dropped anything`,
      ),
    );
  return items;
}

import { mayBeForUpstream } from '../facts/upstream.ts';
import {
  byClaims,
  type Cause,
  expecting,
  type Facts,
  type Item,
  item,
  uncounted,
  undecided,
} from './shared/cause.ts';
import { connectItems, failedFor, upstreamSigns } from './shared/upstream-items.ts';

export const upstreamRefused: Cause = {
  id: 'upstream-refused',
  title: 'the server behind the server refuses: nobody listens there (ECONNREFUSED)',
  toldBy: 'calls',
  looksLike:
    'connections of the server to its upstream that are answered with RST, one for each user that fails',
  claims: (user, { upstream }) => upstream?.wantOf(user) === 'accepting',
  judge(facts, claimed) {
    if (isUntold(facts) && facts.failed.some(mayBeForUpstream)) return undecided(itemsOf(facts));
    return byClaims(claimed, [...itemsOf(facts), usersItem(facts)]);
  },
  signs(facts) {
    if (isUntold(facts)) return uncounted(undecided(itemsOf(facts)));
    return upstreamSigns(facts, 'accepting', itemsOf(facts));
  },
};

/** A socket that is refused is gone before anybody can look at it: whose it was only the trace tells. */
function isUntold({ outside, upstream }: Facts): boolean {
  return outside !== undefined && !upstream?.traced;
}

function itemsOf(facts: Facts): Item[] {
  const items = connectItems(facts, 'accepting');
  if (items.length > 0) return items.map((one) => expecting(one, 'it connects, or waits'));
  const says = isUntold(facts)
    ? 'what came of the connections that the server asked others for was not told: that takes root (tracefs)'
    : 'it asked nobody for a connection';
  return [item('connect(2)', 'connect(2) ECONNREFUSED', null, null, says)];
}

function usersItem(facts: Facts): Item {
  const failed = failedFor(facts, 'accepting');
  const says = `${failed} of ${facts.failed.length} failed just after the server was refused, one each`;
  return item('robots', 'failed after it', 0, failed, says);
}

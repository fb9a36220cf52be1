import { count } from '../../common/format.ts';
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
  title: 'the upstream of the server refuses connections: nobody listens there (ECONNREFUSED)',
  toldBy: 'calls',
  looksLike: 'connections of the server to its upstream that are refused, one for each failed user',
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

/** A refused socket is gone before anybody can read it: only the trace shows whose it was. */
function isUntold({ outside, upstream }: Facts): boolean {
  return outside !== undefined && !upstream?.traced;
}

function itemsOf(facts: Facts): Item[] {
  const items = connectItems(facts, 'accepting');
  if (items.length > 0) return items.map((one) => expecting(one, 'the server connects, or waits'));
  const says = isUntold(facts)
    ? "not known: only root sees how the server's connections to others ended (tracefs)"
    : 'the server connected to no other server';
  return [item('connect(2)', 'connect(2) ECONNREFUSED', null, null, says)];
}

function usersItem(facts: Facts): Item {
  const failed = failedFor(facts, 'accepting');
  const says = `${failed} of ${count(facts.failed.length, 'user')} failed, each just after a connection of the server was refused`;
  return item('robots', 'failed after it', 0, failed, says);
}

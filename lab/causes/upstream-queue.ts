import { count } from '../../common/format.ts';
import { byClaims, type Cause, expecting, type Facts, type Item, item } from './shared/cause.ts';
import { connectItems, failedFor, upstreamSigns } from './shared/upstream-items.ts';

export const upstreamQueue: Cause = {
  id: 'upstream-queue',
  title: 'the accept queue of the upstream is full (TCP, or a UNIX socket: EAGAIN)',
  toldBy: 'calls',
  looksLike:
    'an upstream with more connections in its accept queue than its backlog, and no room for one more',
  claims: (user, { upstream }) => upstream?.wantOf(user) === 'room',
  judge: (facts, claimed) => byClaims(claimed, [...itemsOf(facts), usersItem(facts)]),
  signs: (facts) => upstreamSigns(facts, 'room', itemsOf(facts)),
};

function itemsOf(facts: Facts): Item[] {
  return [
    ...connectItems(facts, 'room').map((one) => expecting(one, 'the server connects at once')),
    expecting(queueItem(facts), 'room in that queue'),
  ];
}

function queueItem({ upstream }: Facts): Item {
  const full = upstream?.full.filter(({ kind }) => kind !== 'port') ?? [];
  const worst = full.toSorted((a, b) => b.peak - a.peak)[0];
  if (worst === undefined)
    return item(
      'upstream queue',
      'accept queue of an upstream',
      0,
      0,
      'no accept queue of an upstream was seen full',
    );
  const { name, kind, peak, limit } = worst;
  const where = kind === 'unix' ? `the UNIX socket ${name}` : name;
  const says = `${count(peak, 'connection')} in the queue of ${where}, whose backlog is ${limit}: seen full ${count(full.length, 'time')}`;
  return item('upstream queue', 'accept queue of an upstream', 0, peak, says, limit);
}

function usersItem(facts: Facts): Item {
  const failed = failedFor(facts, 'room');
  const says = `${failed} of ${count(facts.failed.length, 'user')} failed while the upstream had no room for the server's connection`;
  return item('robots', 'failed after it', 0, failed, says);
}

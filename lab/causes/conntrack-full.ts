import { count } from '../../common/format.ts';
import {
  byClaims,
  type Cause,
  contributing,
  type Facts,
  type Item,
  item,
  type Judgement,
  uncounted,
  undecided,
} from './shared/cause.ts';

/** So near its limit it may have been full between two looks. Higher, and one that is full for an instant is not seen; lower, and a busy one is accused. */
const NEARLY = 0.98;

export const conntrackFull: Cause = {
  id: 'conntrack-full',
  title: 'the table of tracked connections is full (nf_conntrack_max): new ones are dropped',
  toldBy: 'kernel',
  looksLike: 'nf_conntrack_count at its limit, and packets that connection tracking dropped',
  // Whose packets they were it does not say: of all that pass this machine.
  claims: () => false,
  judge,
  signs: (facts) => uncounted(judge(facts)),
};

function judge({ tables: { conntrack }, gap }: Facts): Judgement {
  if (gap) return undecided([untracked]);
  if (conntrack === undefined) return byClaims(0, [untracked]);
  const { peak, max, dropped, early } = conntrack;
  const items: Item[] = [
    item(
      'connection tracking',
      'nf_conntrack_count',
      null,
      peak,
      `at most ${peak} of ${max} connections tracked, those of everybody in this namespace`,
      max,
    ),
    item(
      'connection tracking',
      'drop + early_drop',
      0,
      dropped + early,
      dropped + early === 0
        ? 'nothing was dropped by connection tracking'
        : `${count(dropped, 'packet')} dropped by connection tracking, ${count(early, 'entry')} thrown out to make room`,
    ),
  ];
  const full = peak >= NEARLY * max;
  return early > 0 || (full && dropped > 0) ? contributing(items) : byClaims(0, items);
}

const untracked = item(
  'connection tracking',
  'nf_conntrack_count',
  null,
  null,
  'no table of tracked connections was seen in its namespace',
);

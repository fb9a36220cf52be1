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

/** A table this near its limit may have been full between two samples. If higher, a table full for an instant is missed. If lower, a busy one is accused. */
const NEARLY = 0.98;

export const conntrackFull: Cause = {
  id: 'conntrack-full',
  title: 'the table of tracked connections is full (nf_conntrack_max): new connections are dropped',
  toldBy: 'kernel',
  looksLike: 'nf_conntrack_count at its limit, and packets that connection tracking dropped',
  // The counter is of all packets that pass this machine: it does not say whose were dropped.
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
      `at most ${peak} of ${max} connections tracked, of the whole network namespace`,
      max,
    ),
    item(
      'connection tracking',
      'drop + early_drop',
      0,
      dropped + early,
      dropped + early === 0
        ? 'connection tracking dropped nothing'
        : `connection tracking dropped ${count(dropped, 'packet')}, and threw out ${count(early, 'entry')} to make room`,
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
  "no table of tracked connections was seen in the server's namespace",
);

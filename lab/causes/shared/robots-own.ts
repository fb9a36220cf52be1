import { count } from '../../../common/format.ts';
import { byClaims, counterItem, expecting, type Facts, item, type Judgement, serverWord } from './cause.ts';

/** Judges a limit of the load generator itself by the errno that its robots report, and by how many connections reached the server. */
export function judgeOwnLimit(
  facts: Facts,
  claimed: number,
  { errno, lacks, hence }: { errno: string; lacks: string; hence: string },
): Judgement {
  const says =
    claimed > 0 ? `${count(claimed, 'robot')} without ${lacks}: ${hence}` : `no robot was without ${lacks}`;
  const own = expecting(item('robots', errno, 0, claimed, says), `no robot reports ${errno}`);
  if (claimed === 0) return byClaims(claimed, [own]);
  const reached = (came: number) =>
    `${count(came, 'connection')} reached the ${serverWord(facts)}, of ${count(facts.asked, 'user')} requested`;
  const came = facts.outside?.came;
  const arrived =
    came === undefined
      ? counterItem(facts, 'Tcp PassiveOpens', reached)
      : item('ledger', 'connections', 0, came, reached(came));
  return byClaims(claimed, [
    own,
    expecting(arrived, `the ${serverWord(facts)} would have seen all ${facts.asked}`),
    ...facts.bottlenecks.map((bottleneck) => item('robots', 'bottleneck', null, null, bottleneck)),
  ]);
}

import assert from 'node:assert/strict';
import { type Case, mixedEvidence } from '../../../lab/bench/judge/made-evidence.ts';
import { drawFacts, type Facts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';

/** Evidence of ten times as many users is looked at ten times as often: counted, not timed. */
const CASES: Omit<Case, 'failed'>[] = [
  { server: 'ours', overflows: 0 },
  { server: 'ours', overflows: 5000 },
  { server: 'stranger', overflows: 0 },
  { server: 'stranger', overflows: 5000 },
];

describe('verdict: its work grows as the users do', () => {
  for (const one of CASES) {
    const judged = (facts: Facts): { explains: number }[] =>
      one.server === 'ours' ? judge(facts, CAUSES) : judgeOutside(facts, CAUSES);

    it(`${one.server}, ${one.overflows} overflows`, () => {
      const [few, many] = [200, 2000].map((failed) => readsOf({ ...one, failed }, judged)) as [
        number,
        number,
      ];
      assert.ok(few >= 200, `${few} users looked at: the count counts nothing`);
      assert.ok(many <= 11 * few, `${few} looks at 200 users, ${many} at 2000`);
    });

    it(`${one.server}, ${one.overflows} overflows: every failed user is somebody's`, () => {
      const facts = drawFacts(mixedEvidence({ ...one, failed: 600 }));
      assert.equal(facts.failed.length, 600);
      assert.equal(
        judged(facts).reduce((sum, { explains }) => sum + explains, 0),
        600,
      );
    });
  }
});

/** How often a failed user was taken out of the list of them. */
function readsOf(one: Case, judged: (facts: Facts) => unknown): number {
  const facts = drawFacts(mixedEvidence(one));
  let reads = 0;
  const failed = new Proxy(facts.failed, {
    get(list, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(list, key, receiver) as UserLine;
    },
  });
  judged({ ...facts, failed });
  return reads;
}

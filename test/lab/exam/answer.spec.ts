import assert from 'node:assert/strict';
import type { Verdict } from '../../../lab/causes/shared/verdict-types.ts';
import { type Answer, answerLabel, answerOf, markOf, truthLabel } from '../../../lab/exam/answer.ts';

describe('exam: what an answer is worth', () => {
  const verdict = (cause: string, word: Verdict['verdict'], explains = 0, under?: string): Verdict => ({
    cause,
    ...(under ? { under } : {}),
    verdict: word,
    explains,
    share: explains / 100,
    for: [],
    against: [],
  });
  const form = (explains: number) => verdict('syn-queue', 'confirmed', explains, 'listen-backlog');
  const wide = (explains: number) => verdict('listen-backlog', 'confirmed', explains);

  it('names what is confirmed; a wider cause alone for what no form of it explains', () => {
    assert.deepEqual(answerOf(100, [wide(0), form(100)]).named, ['syn-queue']);
    assert.deepEqual(answerOf(100, [wide(40), form(60)]).named, ['listen-backlog', 'syn-queue']);
    assert.deepEqual(answerOf(100, [wide(100)]).named, ['listen-backlog']);
    assert.deepEqual(answerOf(0, [verdict('a', 'confirmed')]).named, ['a']);
  });

  const answer = (given: Partial<Answer>): Answer => ({
    named: [],
    contributing: [],
    failed: 100,
    unexplained: 0,
    shares: 1,
    ...given,
  });
  const cases: [string, string[], Partial<Answer>, string, string][] = [
    ['the cause alone', ['a'], { named: ['a'] }, 'right', 'a'],
    ['another cause', ['a'], { named: ['b'] }, 'wrong', 'b'],
    ['the cause and another', ['a'], { named: ['a', 'b'] }, 'wrong', 'a+b'],
    ['some left over', ['a'], { named: ['a'], unexplained: 3 }, 'wrong', 'a+unknown'],
    ['shares that do not add up', ['a'], { named: ['a'], shares: 0.9 }, 'wrong', 'a (shares)'],
    ['nobody failed', ['a'], { failed: 0, shares: 0 }, 'not made', 'not made'],
    ['nobody failed, and yet confirmed', ['a'], { named: ['b'], failed: 0, shares: 0 }, 'wrong', 'b'],
    ['both', ['a', 'b'], { named: ['a', 'b'] }, 'right', 'a+b'],
    ['one of two', ['a', 'b'], { named: ['b'] }, 'wrong', 'b'],
    ['healthy', [], { failed: 0, shares: 0 }, 'right', 'healthy'],
    ['healthy, with a failed user', [], { failed: 1, unexplained: 1 }, 'wrong', 'unknown'],
    ['healthy, with a cause confirmed', [], { failed: 0, named: ['a'], shares: 0 }, 'wrong', 'a'],
    ['healthy, what may contribute', [], { failed: 0, contributing: ['ok'], shares: 0 }, 'right', 'healthy'],
    ['healthy, what may not', [], { failed: 0, contributing: ['a'], shares: 0 }, 'wrong', 'a (contributing)'],
  ];
  for (const [title, truth, given, kind, label] of cases)
    it(`${title}: ${kind}`, () => {
      const said = answer(given);
      const mark = markOf({ truth, contributing: ['ok'] }, said);
      assert.equal(mark.kind, kind);
      assert.equal(mark.why === undefined, kind === 'right', 'a reason for all that is not right');
      assert.equal(answerLabel({ truth }, said, mark), label);
      assert.equal(label === truthLabel({ truth }), kind === 'right', 'the diagonal holds what is right');
    });
});

import assert from 'node:assert/strict';
import type { Verdict } from '../../../lab/causes/shared/verdict-types.ts';
import { checkExpectations } from '../../../lab/expect/check.ts';
import { readExpectation } from '../../../lab/expect/grammar.ts';
import { measuredOfRun, RUN_NAMES } from '../../../lab/run/run-measured.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';

import { exitCodeOf, standing } from '../../../lab/sweep/sweep-document.ts';
import { cellOf, verdictOf } from '../sweep/tools.ts';

const verdict = (cause: string, word: Verdict['verdict']): Verdict => ({
  cause,
  verdict: word,
  explains: 1,
  share: 1,
  for: [],
  against: [],
});

/** 60 asked, 41 open, 19 reset, 41 predicted, fd-exhaustion confirmed. */
const check = (key: string, value: string, document: VerdictDocument = verdictOf()) =>
  checkExpectations(readExpectation(key, value.split('; '), RUN_NAMES, 'x'), measuredOfRun(document));

describe('lab/expect: what a sweep expects of its cells', () => {
  for (const [key, value, met, says] of [
    ['failed', '19', true, 'failed = 19'],
    ['failed', '0', false, 'failed = 0 (it is 19)'],
    ['failed', '= 19', true, 'failed = 19'],
    ['failed', '== 19', true, 'failed = 19'],
    ['failed', '!= 19', false, 'failed != 19 (it is 19)'],
    ['failed', '>18', true, 'failed > 18'],
    ['failed', '> 19', false, 'failed > 19 (it is 19)'],
    ['failed', '>= 19', true, 'failed >= 19'],
    ['failed', '< 19', false, 'failed < 19 (it is 19)'],
    ['failed', '<= 19', true, 'failed <= 19'],
    ['failed', '> 0; < 10', false, 'failed > 0, failed < 10 (it is 19)'],
    ['open', 'predicted', true, 'open = predicted'],
    ['open', '< predicted', false, 'open < predicted (it is 41, predicted 41)'],
    ['reset', '19', true, 'reset = 19'],
    ['timeout', '0', true, 'timeout = 0'],
    ['lost', '1', false, 'lost = 1 (it is 0)'],
    ['cause', 'fd-exhaustion', true, 'cause fd-exhaustion'],
    ['cause', 'none', false, 'cause none (it is fd-exhaustion)'],
    ['cause', 'listen-backlog', false, 'cause listen-backlog (it is fd-exhaustion)'],
    ['cause', 'fd-exhaustion; unknown', false, 'cause fd-exhaustion and unknown (it is fd-exhaustion)'],
  ] as const)
    it(`${key}: ${value}`, () => assert.deepEqual(check(key, value), { says, met }));

  it('nothing is predicted where no law knows', () => {
    const document = verdictOf();
    document.threshold.predicted = null;
    const says = 'open = predicted (no law predicts it)';
    assert.deepEqual(check('open', 'predicted', document), { says, met: false });
  });

  it('a refuted cause is none', () => {
    const document = verdictOf({ verdicts: [verdict('fd-exhaustion', 'refuted')] });
    assert.deepEqual(check('cause', 'none', document), { says: 'cause none', met: true });
  });

  it('nothing expected: null, and then only a failure without a cause is wrong', () => {
    assert.equal(checkExpectations([], measuredOfRun(verdictOf())), null);
    assert.equal(standing(cellOf()), 'met');
    assert.equal(standing(cellOf({ causes: ['fd-exhaustion', 'unknown'] })), 'unmet');
  });

  const met = cellOf({ expected: { says: '', met: true }, causes: ['unknown'] });
  const unmet = cellOf({ expected: { says: '', met: false } });
  const error = cellOf({ error: 'no docker', verdict: null });
  for (const [cells, code] of [
    [[], 0],
    [[met, cellOf()], 0],
    [[met, unmet], 1],
    [[met, error], 3],
    [[error, unmet], 1],
  ] as const)
    it(`exit code of ${cells.map(standing).join(', ') || 'nothing'}: ${code}`, () =>
      assert.equal(exitCodeOf(cells), code));
});

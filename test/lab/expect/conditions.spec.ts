import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UsageError } from '../../../common/errors.ts';
import type { Verdict } from '../../../lab/causes/shared/verdict-types.ts';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { DIAGNOSIS_NAMES, measuredOfDiagnosis } from '../../../lab/diagnose/diagnosis-measured.ts';
import { checkConditions } from '../../../lab/expect/check.ts';
import { compared, OPERATORS, type Operator } from '../../../lab/expect/compared.ts';
import type { Measured } from '../../../lab/expect/expectation.ts';
import { readCondition } from '../../../lab/expect/grammar.ts';
import { measuredOfRun, RUN_NAMES } from '../../../lab/run/run-measured.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { measuredOfSweep } from '../../../lab/sweep/sweep-measured.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../../../lab/threshold/threshold-document.ts';
import { measuredOfThresholds, THRESHOLD_NAMES } from '../../../lab/threshold/thresholds-measured.ts';
import { cellOf, documentOf, verdictOf } from '../sweep/tools.ts';

const one = (condition: string, measured: readonly Measured[], names: readonly string[] = RUN_NAMES) =>
  checkConditions([readCondition(condition, names)], measured)[0];

/** `held: …` or `failed: …`, with what came. */
function told(
  condition: string,
  measured: readonly Measured[],
  names: readonly string[] = RUN_NAMES,
): string {
  const { holds, says } = one(condition, measured, names) ?? {};
  return `${holds ? 'held' : 'failed'}: ${says}`;
}

const run = (more: Partial<VerdictDocument> = {}) => [measuredOfRun(verdictOf(more))];
const judged = (...verdicts: [cause: string, word: Verdict['verdict']][]) => ({
  verdicts: verdicts.map(([cause, verdict]) => ({ cause, verdict }) as Verdict),
});
const nobodyFailed = {
  users: { asked: 60, open: 60, failed: 0, by: [] },
  threshold: { measured: 60, predicted: 105, law: 'law', atLeast: true },
  ...judged(),
};

describe('lab/expect: conditions of the command line', () => {
  describe('of a run: 60 requested, 41 open, 19 reset, 41 predicted, fd-exhaustion', () => {
    for (const [condition, says] of [
      ['failed=0', 'failed: it is 19'],
      ['failed = 19', 'held: it is 19'],
      ['failed==19', 'held: it is 19'],
      ['failed!=19', 'failed: it is 19'],
      ['failed<20', 'held: it is 19'],
      ['failed<=18', 'failed: it is 19'],
      ['open>=41', 'held: it is 41'],
      ['open>41', 'failed: it is 41'],
      ['open=predicted', 'held: it is 41, predicted 41'],
      ['reset=19', 'held: it is 19'],
      ['no-port=0', 'held: it is 0'],
      ['lost=0', 'held: it is 0'],
      ['threshold>=2000', 'failed: it is 41'],
      ['threshold=predicted', 'held: it is 41, predicted 41'],
      ['cause=fd-exhaustion', 'held: it is fd-exhaustion'],
      ['cause = none', 'failed: it is fd-exhaustion'],
      ['cause=fd-exhaustion, unknown', 'failed: it is fd-exhaustion'],
    ] as const)
      it(condition, () => assert.equal(told(condition, run()), says));
  });

  describe('of a run in which nobody failed: its threshold is known from below', () => {
    for (const [condition, says] of [
      ['threshold>=60', 'held: it is at least 60'],
      ['threshold>=61', 'failed: not measured: it is at least 60, and perhaps more'],
      ['threshold<60', 'failed: it is at least 60'],
      ['threshold=60', 'failed: not measured: it is at least 60, and perhaps more'],
      ['failed=0', 'held: it is 0'],
      ['cause=none', 'held: it is none'],
      ['cause=unknown', 'failed: it is none'],
    ] as const)
      it(condition, () => assert.equal(told(condition, run(nobodyFailed)), says));
  });

  describe('causes', () => {
    for (const [condition, verdicts, says] of [
      ['cause=none', [['fd-exhaustion', 'refuted']], 'held: it is none'],
      ['cause=none', [['fd-exhaustion', 'insufficient-data']], 'held: it is none'],
      ['cause=none', [['unknown', 'unknown']], 'failed: it is unknown'],
      ['cause=none', [['slow-accept', 'contributing']], 'failed: it is slow-accept (contributing)'],
      ['cause=slow-accept', [['slow-accept', 'contributing']], 'failed: it is slow-accept (contributing)'],
      ['cause=unknown', [['unknown', 'unknown']], 'held: it is unknown'],
    ] as const)
      it(`${condition} where ${verdicts.join(' and ')}`, () => {
        const document = judged(...verdicts.map(([cause, word]) => [cause, word] as [string, typeof word]));
        assert.equal(told(condition, run(document)), says);
      });
  });

  describe('of a run that was cut short: what was not measured fails', () => {
    const cut = { ...nobodyFailed, complete: false };
    for (const condition of ['failed=0', 'reset=0', 'lost=0', 'open>=0', 'threshold>=1', 'cause=none'])
      it(condition, () => {
        const { holds, measured, says } = one(condition, run(cut)) ?? {};
        assert.deepEqual([holds, measured], [false, null]);
        assert.match(says ?? '', /^not measured: /);
      });
    it('but those that failed have failed', () => {
      assert.equal(told('failed>=19', run({ complete: false })), 'held: it is at least 19');
      assert.equal(told('failed=0', run({ complete: false })), 'failed: it is at least 19');
      assert.equal(told('cause=fd-exhaustion', run({ complete: false })), 'held: it is fd-exhaustion');
    });
  });

  it('users who failed once open leave no threshold', () => {
    const by = [{ outcome: 'reset', stage: 'open', errno: 'ECONNRESET', count: 3 }] as const;
    const users = { asked: 60, open: 57, failed: 3, by: [...by] };
    assert.match(told('threshold>=1', run({ users })), /^failed: not measured: 41 users became open, 3 of/);
  });

  describe('of a diagnosis without robots', () => {
    const document = (more: Partial<DiagnosisDocument>) => [
      measuredOfDiagnosis({
        users: null,
        threshold: null,
        complete: true,
        counted: { accepted: 5, held: 2, resets: null, drops: 0, turnedAway: 0 },
        verdicts: [],
        ...more,
      } as unknown as DiagnosisDocument),
    ];
    const unseen = { accepted: null, held: null, resets: null, drops: null, turnedAway: null };
    for (const [condition, more, says] of [
      ['failed=0', {}, 'failed: not measured: no robots told how users fared; --load sends some'],
      ['threshold>=1', {}, 'failed: not measured: no robots told how users fared; --load sends some'],
      ['drops=0', {}, 'held: it is 0'],
      ['resets=0', {}, 'failed: not measured: it could not be seen'],
      ['turnedAway=0', {}, 'held: it is 0'],
      ['cause=none', {}, 'held: it is none'],
      ['cause=none', { counted: unseen }, 'failed: not measured: how its connections ended was not seen'],
      ['drops=0', { complete: false }, 'failed: not measured: it is at least 0, and perhaps more'],
    ] as const)
      it(`${condition} ${JSON.stringify(more)}`, () =>
        assert.equal(told(condition, document(more), DIAGNOSIS_NAMES), says));
  });

  describe('of several points each must hold', () => {
    const point = (value: string, measured: number | null, atLeast = false) =>
      ({ value, measured, predicted: 41, atLeast }) as ThresholdPoint;
    const points = (complete: boolean, ...all: ThresholdPoint[]) =>
      measuredOfThresholds({ vary: 'nofile', complete, points: all } as ThresholdsDocument);
    const both = points(true, point('64', 41), point('128', 105));

    it('held: with what each measured', () => {
      assert.equal(told('threshold>=41', both, THRESHOLD_NAMES), 'held: at nofile=64 41; at nofile=128 105');
      assert.deepEqual(one('threshold>=41', both, THRESHOLD_NAMES)?.each, [
        { where: 'nofile=64', holds: true, measured: 41 },
        { where: 'nofile=128', holds: true, measured: 105 },
      ]);
    });
    it('failed: which', () => {
      assert.equal(told('threshold>=100', both, THRESHOLD_NAMES), 'failed: at nofile=64 41');
      assert.equal(
        told('threshold=predicted', both, THRESHOLD_NAMES),
        'failed: at nofile=128 105, predicted 41',
      );
    });
    it('one without a result, and those that an interruption left out', () => {
      const none = points(true, point('64', 41), point('128', null));
      assert.match(told('threshold>=1', none, THRESHOLD_NAMES), /^failed: at nofile=128 not measured: /);
      const cut = points(false, point('64', 41));
      assert.match(told('threshold>=1', cut, THRESHOLD_NAMES), /^failed: at the other values not measured: /);
      assert.equal(told('threshold>=1', points(false), THRESHOLD_NAMES).slice(0, 7), 'failed:');
      assert.equal(told('threshold>=1', [], THRESHOLD_NAMES), 'failed: not measured');
    });
    it('the one of a server: nothing was varied', () => {
      const server = (complete: boolean) =>
        measuredOfThresholds({
          vary: null,
          complete,
          points: [{ value: null, measured: 41, predicted: 41, atLeast: false }],
        });
      assert.equal(told('threshold>=41', server(true), THRESHOLD_NAMES), 'held: it is 41');
      const cut = 'failed: not measured: the measurement was interrupted';
      assert.equal(told('threshold>=41', server(false), THRESHOLD_NAMES), cut);
    });
    it('cells of a sweep, of which one could not run', () => {
      const cells = [cellOf(), cellOf({ id: 'b', verdict: null, error: 'no docker' })];
      assert.equal(
        told('failed=19', measuredOfSweep(documentOf(cells))),
        'failed: at b not measured: the cell could not run: no docker',
      );
      assert.equal(
        told('failed=19', measuredOfSweep(documentOf([cellOf()]))),
        'held: at nofile=64,runtime=netns 19',
      );
    });
  });

  describe('what is refused, in one line with what is allowed', () => {
    for (const [condition, says] of [
      ['', /^--expect : no condition; allowed: a name, .* names here: open, failed, reset, /],
      ['failed', /^--expect failed: no condition; allowed: /],
      ['=0', /no condition/],
      ['failed=', /no condition/],
      ['failed=>0', /"> ?0": allowed: a number or predicted/],
      ['failed=-1', /"-1": allowed: a number/],
      ['failed=1.5', /"1\.5": allowed: a number/],
      ['failed=0,lost=0', /"0,lost=0": allowed: a number/],
      ['Failed=0', /unknown key "Failed"; allowed: open, failed, /],
      ['toString=0', /unknown key "toString"/],
      ['cause>1', /causes are not compared by >; allowed: cause=none/],
      ['cause=fd', /"fd": allowed: none, or some of loopback-interface, /],
      ['cause=none,unknown', /"none, unknown": allowed: none, or some of /],
    ] as const)
      it(condition || 'nothing', () =>
        assert.throws(
          () => readCondition(condition, RUN_NAMES),
          (error) => error instanceof UsageError && says.test(error.message) && !/\n/.test(error.message),
        ),
      );

    it('any text is a condition or one UsageError', () => {
      const part = fc.constantFrom(...OPERATORS, 'failed', 'cause', '0', 'none', ' ', ',', '\n', 'predicted');
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.array(part).map((all) => all.join('')),
          ),
          (text) => {
            try {
              assert.equal(readCondition(text, RUN_NAMES).condition, text.trim());
            } catch (error) {
              assert.ok(error instanceof UsageError, String(error));
              assert.doesNotMatch(error.message, /[\r\n]/);
            }
          },
        ),
      );
    });
  });

  it('what is known from below is never said of more than it is known of', () => {
    const operator = fc.constantFrom<Operator>(...OPERATORS);
    const small = fc.nat({ max: 9 });
    fc.assert(
      fc.property(operator, small, small, small, (sign, least, more, than) => {
        const { holds, measured } = compared({ atLeast: least }, sign, than);
        const truth = compared(least + more, sign, than).holds;
        if (holds) assert.ok(truth);
        if (!holds && measured !== null) assert.ok(!truth);
      }),
    );
  });
});

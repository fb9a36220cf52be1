import assert from 'node:assert/strict';
import { differences, factsOf } from '../../../scripts/docs-run/facts.ts';

const facts = (text: string) => Object.fromEntries(factsOf(text));

describe('docs-run, facts of an output', () => {
  it('are the same in the layout of today and in the one before', () => {
    const now = `CAUSE    fd-exhaustion: no file descriptor left (nofile)  427 of 427 failures
         (100 %)

users      4500 requested, 4073 open,
           427 failed
threshold  4073 users measured, 4073 predicted (nofile - descriptors at rest)
`;
    const before = `  4500 users asked, 4073 open, 427 failed
    316 × reset in upgrade

confirmed         fd-exhaustion  explains 427 (100 %)
  + all 4096 descriptors in use
refuted           listen-backlog
`;
    const same = {
      requested: '4500',
      open: '4073',
      failed: '427',
      causes: 'fd-exhaustion',
      'share fd-exhaustion': '427',
    };
    assert.deepEqual(facts(now), { ...same, measured: '4073', predicted: '4073' });
    assert.deepEqual(facts(before), same);
  });

  it('are all causes, and that there is none', () => {
    assert.equal(
      facts('CAUSE    slow-accept: a  3 of 5 failures\nCAUSE    killed: b  2 of 5 failures').causes,
      'killed, slow-accept',
    );
    assert.equal(facts('CAUSE    none: all 60 users open, nobody failed').causes, 'none');
  });

  it('are conditions, and how each came out', () => {
    const expected = `Expected
  FAILED  failed=0         it is 19
  held    threshold >= 41  it is 41
`;
    assert.deepEqual(facts(expected), {
      'expected failed=0': 'FAILED, it is 19',
      'expected threshold >= 41': 'held, it is 41',
    });
  });

  it('are cells of tables by their row, without times', () => {
    const threshold = `  nofile  measured  predicted  error  limited by   loads
      64        41         41      0  descriptors      3

  predicted by: x
`;
    assert.deepEqual(facts(threshold), {
      '64 measured': '41',
      '64 predicted': '41',
      '64 error': '0',
      '64 limited by': 'descriptors',
    });
    const sweep = `| nofile | open | failed | predicted | causes | time  | result |
|--------|------|--------|-----------|--------|-------|--------|
| 64     | 41   | 4259   | 41        | x      | 1.9 s | fine   |
`;
    assert.deepEqual(facts(sweep), {
      '64 open': '41',
      '64 failed': '4259',
      '64 predicted': '41',
      '64 causes': 'x',
    });
    const grid = `nofile  ramp     linux                    macos
256     at once  predicted: 232 open, 4268 reset  predicted: 224 to 240 open
`;
    assert.deepEqual(facts(grid), {
      '256 at once linux': 'predicted: 232 open, 4268 reset',
      '256 at once macos': 'predicted: 224 to 240 open',
    });
  });

  it('are marks, steps, sides and one-line errors', () => {
    assert.deepEqual(facts('43 right, 0 wrong of 43  (seed 7, 40.5 s)\n\n  killed   right 1 of 1\n'), {
      right: '43',
      wrong: '0',
      questions: '43',
      'question killed': '1 of 1',
    });
    assert.deepEqual(facts('1  time-out or panic   refuted\n2  descriptors   points at it'), {
      'step time-out or panic': 'ruled out',
      'step descriptors': 'points at it',
    });
    assert.deepEqual(facts('users\n  asked      4500    4500\n  open       4073    1036 to 3527\n'), {
      'left requested': '4500',
      'left open': '4073',
    });
    assert.deepEqual(facts('lab: --set: nofile=abc: allowed is 25'), {
      error: 'lab: --set: nofile=abc: allowed is 25',
    });
  });

  it('differ in what is shown and did not come about, but for what varies', () => {
    const shown = new Map([
      ['open', '41'],
      ['64 measured', '41'],
      ['128 measured', '105'],
    ]);
    const run = new Map([
      ['open', '40'],
      ['64 measured', '42'],
    ]);
    assert.deepEqual(differences(shown, run), [
      'open: 41 shown, 40 now',
      '64 measured: 41 shown, 42 now',
      '128 measured: 105 shown, nothing now',
    ]);
    assert.deepEqual(differences(shown, run, ['measured']), ['open: 41 shown, 40 now']);
    assert.deepEqual(differences(shown, run, ['measured', 'open']), []);
  });
});

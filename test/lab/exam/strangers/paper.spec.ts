import assert from 'node:assert/strict';
import { diagnosesOf } from '../../../../lab/exam/strangers/examine-strangers.ts';
import { PROGRAMS } from '../../../../lab/exam/strangers/programs.ts';
import { nameOf, writeStrangerPaper } from '../../../../lab/exam/strangers/stranger-questions.ts';
import { CAUSES } from '../../../../lab/verdict/registry.ts';
import { RULES } from '../../../../scripts/rules/rules.ts';

describe('exam of strangers: the paper', () => {
  const names = (seed: number, more = {}) => writeStrangerPaper({ seed, ...more }).map(nameOf);

  it('has fourteen programs of five languages at least, each healthy and at a limit', () => {
    assert.ok(PROGRAMS.length >= 14);
    assert.ok(new Set(PROGRAMS.map(({ language }) => language)).size >= 5);
    for (const { name, situations } of PROGRAMS) {
      assert.ok(
        situations.some(({ truth }) => truth.length === 0),
        name,
      );
      assert.ok(
        situations.some(({ truth }) => truth.length > 0),
        name,
      );
    }
  });

  it('has 180 diagnoses with any seed', () => {
    for (const seed of [1, 2, 3]) assert.ok(diagnosesOf(writeStrangerPaper({ seed })) >= 180);
  });

  it('is the same with the same seed, and another with another', () => {
    assert.deepEqual(names(7), names(7));
    assert.notDeepEqual(names(7), names(8));
    assert.notDeepEqual(names(7).sort(), names(8).sort());
  });

  it('has both loads, both places of users, and both people', () => {
    const paper = writeStrangerPaper({ seed: 5 });
    for (const load of ['its own', 'robots'])
      for (const who of ['root', 'an ordinary user'])
        assert.ok(
          paper.some((one) => one.load === load && one.people.some((person) => person === who)),
          `${load} by ${who}`,
        );
    for (const where of ['beside', 'elsewhere']) assert.ok(paper.some((one) => one.where === where));
  });

  it('is asked for programs, for situations, or for both', () => {
    const some = names(1, { only: ['redis', 'cap'] });
    assert.ok(some.length > 0 && some.every((name) => name.startsWith('redis: cap')), String(some));
    assert.ok(names(1, { only: ['cap'] }).length > some.length);
    assert.ok(names(1, { only: ['redis'] }).some((name) => name.startsWith('redis: idle')));
  });

  it('knows no truth that has no rule, and no cause without a rule', () => {
    const rules = Object.keys(RULES);
    const truths = PROGRAMS.flatMap(({ situations }) => situations.flatMap(({ truth }) => truth));
    assert.deepEqual(
      truths.filter((id) => !rules.includes(id)),
      [],
    );
    assert.deepEqual(
      CAUSES.map(({ id }) => id).filter((id) => !rules.includes(id)),
      [],
    );
  });
});

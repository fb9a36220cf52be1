import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Before, byClaims, type Cause, type Teller } from '../../../lab/causes/shared/cause.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { checkOrder } from '../../../lab/verdict/claims.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import { evidenceOf, parse } from './situation.ts';

type Claims = (user: UserLine) => boolean | undefined;

const cause = (id: string, toldBy: Teller, claims: Claims, ...after: Before[]): Cause => ({
  ...{ id, title: id, toldBy, looksLike: id, after, claims },
  judge: (_facts, claimed) => byClaims(claimed, []),
});

/** Of five users reset while open and two in the upgrade: how many each of these causes explains. */
function explained(...causes: Cause[]): Record<string, number> {
  const evidence = evidenceOf(parse('room 0 0 0 alive 20 herd 5 x reset @ open + 2 x reset @ upgrade'), 1);
  return Object.fromEntries(judge(drawFacts(evidence), causes).map((one) => [one.cause, one.explains]));
}

const all = () => true;

it('verdict: every file of lab/causes is in the registry, with its advice beside it', () => {
  const cwd = join(import.meta.dirname, '../../../lab/causes');
  for (const ending of ['.ts', '.md']) {
    const ids = globSync(`*${ending}`, { cwd }).map((file) => basename(file, ending));
    assert.deepEqual(ids.sort(), CAUSES.map(({ id }) => id).sort(), `*${ending}`);
  }
});

describe('verdict: which cause goes before which', () => {
  it('by who tells, and a form before the wider cause', () => {
    const wide = cause('wide', 'kernel', all);
    const form = { ...cause('form', 'kernel', all), under: 'wide' };
    assert.deepEqual(explained(wide, form), { wide: 0, form: 7 });
    assert.deepEqual(explained(wide, form, cause('robots', 'robots', all)), { wide: 0, form: 0, robots: 7 });
  });

  it('a user that a cause claims which goes before is not the better teller’s', () => {
    const late = cause('late', 'kernel', ({ stage }) => stage === 'upgrade');
    assert.deepEqual(explained(cause('first', 'robots', all, { id: 'late' }), late), { first: 5, late: 2 });
  });

  it('nor is one that it may claim: then nobody has it', () => {
    const late = cause('late', 'kernel', ({ stage }) => (stage === 'upgrade' ? undefined : false));
    const first = cause('first', 'robots', all, { id: 'late' });
    assert.deepEqual(explained(first, late), { first: 5, late: 0, unknown: 2 });
  });

  it('and no third cause has it: that one had no part in it', () => {
    const late = cause('late', 'kernel', ({ stage }) => (stage === 'upgrade' ? undefined : false));
    const first = cause('first', 'robots', all, { id: 'late' });
    assert.deepEqual(explained(first, cause('third', 'gateway', all), late), {
      ...{ first: 5, third: 0, late: 0, unknown: 2 },
    });
  });

  it('for the users alone of whom it is said', () => {
    const before = { id: 'late', when: ({ stage }: UserLine) => stage === 'open' };
    const causes = [cause('first', 'robots', all, before), cause('late', 'kernel', all)];
    assert.deepEqual(explained(...causes), { first: 2, late: 5 });
  });

  it('a cause that goes after another gives way with it', () => {
    const causes = [
      cause('third', 'robots', all, { id: 'second' }),
      cause('second', 'gateway', all, { id: 'first' }),
      cause('first', 'kernel', ({ stage }) => stage === 'upgrade'),
    ];
    assert.deepEqual(explained(...causes), { third: 2, second: 5, first: 0 });
  });

  it('each is asked once a user, however many go after it', () => {
    let asked = 0;
    const counts = cause('last', 'inferred', () => {
      asked += 1;
      return false;
    });
    const others = ['a', 'b', 'c'].map((id) => cause(id, 'robots', () => undefined, { id: 'last' }));
    explained(...others, counts);
    assert.equal(asked, 7);
  });

  it('as many users as there is evidence for: who is beyond them is the next one’s, or nobody’s', () => {
    const two = { ...cause('two', 'robots', all), most: () => 2 };
    const four = { ...cause('four', 'kernel', all, { id: 'two' }), most: () => 4 };
    assert.deepEqual(explained(two), { two: 2, unknown: 5 });
    assert.deepEqual(explained(two, four), { two: 2, four: 4, unknown: 1 });
    assert.deepEqual(explained(two, cause('rest', 'inferred', all)), { two: 2, rest: 5 });
    assert.deepEqual(explained({ ...two, most: () => 0 }), { two: 0, unknown: 7 });
  });

  it('who may be one of them counts as one, though nobody has it', () => {
    const open = cause('open', 'robots', ({ id, stage }) => (stage === 'open' && id % 2 ? undefined : false));
    const four = { ...cause('four', 'kernel', all), most: () => 4 };
    const found = explained(open, four);
    assert.equal((found.four ?? 0) + (found.unknown ?? 0), 7);
    assert.ok((found.four ?? 0) < 4, JSON.stringify(found));
  });

  it('only causes that there are, and in no circle', () => {
    checkOrder(CAUSES);
    assert.ok(CAUSES.some(({ after = [] }) => after.length > 0));
    const [a, b, c] = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ].map(([id = '', before = '']) => cause(id, 'kernel', all, { id: before })) as [Cause, Cause, Cause];
    assert.throws(() => checkOrder([a, b, c]), /go after each other: a after b after c after a/);
    assert.throws(() => checkOrder([a, b]), /no cause of that name: a after b after c/);
    assert.throws(() => checkOrder([{ ...a, after: [], under: 'wide' }]), /no cause of that name: wide/);
  });
});

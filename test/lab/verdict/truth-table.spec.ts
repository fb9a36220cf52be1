import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUSPECTS } from '../../../lab/causes/registry.ts';
import { drawFacts } from '../../../lab/verdict/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import type { Outcome, Stage } from '../../../robots/lines.ts';
import { type Situation, synthesise } from './synthetic.ts';

const LETTERS = {
  confirmed: 'C',
  contributing: 'c',
  refuted: '.',
  'insufficient-data': '?',
  unknown: 'u',
} as const;
const SEEDS = [1, 2, 3];

describe('verdict: the truth table', () => {
  const text = readFileSync(join(import.meta.dirname, 'truth-table.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));

  it('has situations', () => assert.ok(lines.length > 20));

  for (const line of lines) {
    const [left, right] = line.split('->') as [string, string];
    it(left.trim().replace(/\s+/g, ' '), () => {
      for (const seed of SEEDS) assert.equal(answer(parse(left), seed), right.trim().replace(/\s+/g, ' '));
    });
  }
});

describe('verdict: shares', () => {
  it('add up to the failed users', () => {
    const situation = parse(
      'full 0 0 0 crashed 20 herd 425 x reset @ upgrade + 90 x reset @ open + 7 x no-port @ connect',
    );
    const facts = drawFacts(synthesise(situation, 1));
    const explained = judge(facts).reduce((sum, { explains }) => sum + explains, 0);
    assert.equal(explained, facts.failed.length);
    assert.equal(explained, 522);
  });

  it('every item of evidence says where it was read', () => {
    const verdicts = judge(drawFacts(synthesise(parse('full 9 1 4 alive 20 herd 5 x reset @ upgrade'), 1)));
    const items = verdicts.flatMap((verdict) => [...verdict.for, ...verdict.against]);
    assert.ok(items.length > 10);
    for (const item of items) assert.ok(item.source && item.name && item.says, JSON.stringify(item));
  });
});

function answer(situation: Situation, seed: number): string {
  const verdicts = judge(drawFacts(synthesise(situation, seed)));
  const suspects = SUSPECTS.map(({ id }) => {
    const verdict = verdicts.find(({ cause }) => cause === id);
    assert.ok(verdict, `${id} was not judged`);
    return LETTERS[verdict.verdict];
  });
  const named = new Set(SUSPECTS.map(({ id }) => id));
  const rest = verdicts
    .filter(({ cause, verdict }) => !named.has(cause) && verdict !== 'refuted')
    .map(({ cause }) => cause);
  return [...suspects, rest.length === 0 ? '-' : rest.join(',')].join(' ');
}

function parse(text: string): Situation {
  const match = /^\s*(\S+) +(\d+) +(\d+) +(\d+) +(\S+) +(\d+) +(\S+) +(.+?)\s*$/.exec(text);
  assert.ok(match, `not a situation: ${text}`);
  const [, descriptors, overflows, abort, drops, gateway, loopMs, betting, failed] =
    match as unknown as string[];
  return {
    descriptors: descriptors as Situation['descriptors'],
    overflows: Number(overflows),
    abort: Number(abort),
    drops: Number(drops),
    gateway: gateway as string,
    loopMs: Number(loopMs),
    betting: betting as Situation['betting'],
    failed: failed === 'none' ? [] : (failed as string).split('+').map(parseFailed),
  };
}

function parseFailed(text: string): Situation['failed'][number] {
  const match = /^\s*(\d+) x (\S+) @ (connect|upgrade|open)(\*?)(~?)(\??)\s*$/.exec(text);
  assert.ok(match, `not a group of failures: ${text}`);
  return {
    users: Number(match[1]),
    outcome: match[2] as Outcome,
    stage: match[3] as Stage,
    afterBet: match[4] === '*',
    late: match[5] === '~',
    blind: match[6] === '?',
  };
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { judgeOutside, type OutsideVerdict } from '../../../lab/verdict/judge-server.ts';
import { CAUSES, SUSPECTS } from '../../../lab/verdict/registry.ts';
import { evidenceOf, type Line, parse } from './situation.ts';

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

  describe('says the same of users that speak TLS and came no further than its handshake', () => {
    // Where somebody saw who was accepted, the stage tells what they waited for.
    const told = lines.filter((line) => line.includes('@ upgrade') && !line.includes('accepted='));
    it('has situations', () => assert.ok(told.length > 20));
    for (const line of told) {
      const [left, right] = line.replaceAll('@ upgrade', '@ tls').split('->') as [string, string];
      it(left.trim().replace(/\s+/g, ' '), () =>
        assert.equal(answer(parse(left), SEEDS[0] as number), right.trim().replace(/\s+/g, ' ')),
      );
    }
  });

  it('an extra that nobody handles is named', () => {
    assert.throws(() => parse('room 0 0 0 alive 20 herd none | moon=full'), /unknown extra "moon"/);
  });
});

describe('verdict: shares', () => {
  it('add up to the failed users', () => {
    const line = parse(
      'full 0 0 0 crashed 20 herd 425 x reset @ upgrade + 90 x reset @ open + 7 x no-port @ connect',
    );
    const facts = drawFacts(evidenceOf(line, 1));
    const explained = judge(facts, CAUSES).reduce((sum, { explains }) => sum + explains, 0);
    assert.equal(explained, facts.failed.length);
    assert.equal(explained, 522);
  });

  it('every item of evidence says where it was read', () => {
    const verdicts = judge(
      drawFacts(evidenceOf(parse('full 9 1 4 alive 20 herd 5 x reset @ upgrade'), 1)),
      CAUSES,
    );
    const items = verdicts.flatMap((verdict) => [...verdict.for, ...verdict.against]);
    assert.ok(items.length > 10);
    for (const item of items) assert.ok(item.source && item.name && item.says, JSON.stringify(item));
  });
});

/** A letter for each suspect; then all other causes that are not refuted, the largest share first. */
function answer(line: Line, seed: number): string {
  const facts = drawFacts(evidenceOf(line, seed));
  const verdicts = facts.outside ? judgeOutside(facts, CAUSES) : judge(facts, CAUSES);
  const total = verdicts.reduce((sum, { share = 0 }) => sum + share, 0);
  assert.ok(Math.abs(total - (facts.failed.length === 0 ? 0 : 1)) < 1e-9, `the shares add up to ${total}`);
  const suspects = SUSPECTS.map(({ id }) => {
    const verdict = verdicts.find(({ cause }) => cause === id);
    assert.ok(verdict, `${id} was not judged`);
    return LETTERS[verdict.verdict];
  });
  const open = facts.outside ? openAsOne(verdicts) : [];
  const named = new Set([...SUSPECTS.map(({ id }) => id), ...open]);
  const rest = verdicts
    .filter(({ cause, verdict }) => !named.has(cause) && verdict !== 'refuted')
    .sort((a, b) => (b.share ?? 0) - (a.share ?? 0) || (a.cause < b.cause ? -1 : 1))
    .map(({ cause, verdict }) =>
      verdict === 'confirmed' || verdict === 'unknown' ? cause : `${LETTERS[verdict]}:${cause}`,
    );
  if (open.length > 0) rest.push('?:its-own');
  return [...suspects, rest.length === 0 ? '-' : rest.join(',')].join(' ');
}

/** What these show from outside, connections that were closed later than at once, is in none of the situations. */
const CLOCKS: ReadonlySet<string> = new Set([
  'idle-timeout',
  'deadline',
  'handshake-timeout',
  'keepalive-race',
]);

/** Causes that a stranger's server alone could tell of, and nothing of its process shows: where they are all open, or confirmed. */
function openAsOne(verdicts: readonly Pick<OutsideVerdict, 'cause' | 'verdict'>[]): string[] {
  const its = CAUSES.filter(
    ({ id, toldBy, signs }) => toldBy === 'gateway' && (signs === undefined || CLOCKS.has(id)),
  );
  const words = its.map(({ id }) => ({ id, ...verdicts.find(({ cause }) => cause === id) }));
  const open = words.filter(({ verdict }) => verdict === 'insufficient-data').map(({ id }) => id);
  return words.every(({ id, verdict }) => verdict === 'confirmed' || open.includes(id)) ? open : [];
}

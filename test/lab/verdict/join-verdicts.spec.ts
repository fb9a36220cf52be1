import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Verdict, VerdictWord } from '../../../lab/causes/shared/verdict-types.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { joinVerdicts } from '../../../lab/verdict/join-verdicts.ts';
import { severalGateways } from '../run/several-gateways.ts';

const item = (says: string) => ({ source: 's', name: 'n', before: null, after: 1, says });

/** A verdict on a cause, with evidence that names where it was said. */
function said(cause: string, verdict: VerdictWord, explains: number, where: string): Verdict {
  const [pro, con] = verdict === 'refuted' ? [[], [item(where)]] : [[item(where)], []];
  return { cause, verdict, explains, share: explains === 0 ? 0 : 1, for: pro, against: con };
}

const WORDS = ['refuted', 'insufficient-data', 'contributing', 'confirmed'] as const;

describe('the verdicts on several gateways as one', () => {
  it('are those of the gateway where there is one, word for word', () => {
    const verdicts = [said('a', 'confirmed', 3, 'here'), said('b', 'refuted', 0, 'here')];
    assert.deepEqual(joinVerdicts([verdicts]), verdicts);
  });

  it('are of each cause the strongest, with the evidence of the gateway where it explains most, and at how many it holds', () => {
    const [joined] = joinVerdicts([
      [said('a', 'refuted', 0, 'first')],
      [said('a', 'confirmed', 2, 'second')],
      [said('a', 'confirmed', 5, 'third')],
    ]);
    assert.equal(joined?.verdict, 'confirmed');
    assert.equal(joined?.explains, 7);
    assert.deepEqual(
      joined?.for.map(({ says }) => says),
      ['third', 'confirmed at 2 of 3 gateways; this is the evidence of gateway 3'],
    );
    assert.deepEqual([joined?.for.at(-1)?.after, joined?.for.at(-1)?.limit], [2, 3]);
    assert.deepEqual(joined?.against, []);
  });

  it('say of what is ruled out everywhere that it is so at each, beside what speaks against it', () => {
    const [joined] = joinVerdicts([[said('a', 'refuted', 0, 'x')], [said('a', 'refuted', 0, 'y')]]);
    assert.deepEqual(
      joined?.against.map(({ says }) => says),
      ['x', 'refuted at each of 2 gateways; this is the evidence of gateway 1'],
    );
  });

  it('are never weaker than at any gateway, and share all failures: an unknown that one alone has is the last', () => {
    const verdict = (cause: string) =>
      fc
        .record({ word: fc.constantFrom(...WORDS), users: fc.integer({ min: 0, max: 50 }) })
        .map(({ word, users }) => said(cause, word, word === 'confirmed' ? users : 0, cause));
    const gateway = fc
      .tuple(verdict('a'), verdict('b'), verdict('c'), fc.integer({ min: 0, max: 9 }))
      .map(([a, b, c, unknown]) => [
        a,
        b,
        c,
        ...(unknown > 0 ? [said('unknown', 'unknown', unknown, 'u')] : []),
      ]);
    fc.assert(
      fc.property(fc.array(gateway, { minLength: 2, maxLength: 6 }), (all) => {
        const joined = joinVerdicts(all);
        const failed = all.flat().reduce((sum, { explains }) => sum + explains, 0);
        assert.equal(
          joined.reduce((sum, { explains }) => sum + explains, 0),
          failed,
        );
        const shares = joined.reduce((sum, { share }) => sum + share, 0);
        assert.ok(Math.abs(shares - (failed > 0 ? 1 : 0)) < 1e-9);
        const causes = joined.map(({ cause }) => cause);
        assert.deepEqual(causes.slice(0, 3), ['a', 'b', 'c']);
        assert.ok(causes.length === 3 || causes[3] === 'unknown');
        for (const { cause, verdict: word } of joined)
          for (const { verdict } of all.flat().filter((one) => one.cause === cause && cause !== 'unknown'))
            assert.ok(WORDS.indexOf(word as 'refuted') >= WORDS.indexOf(verdict as 'refuted'));
      }),
    );
  });

  it('of real judging: descriptors at the gateway that has none left, at no other', () => {
    const { gateways, verdicts } = judgeEach(severalGateways({ users: 9000, failed: [0, 250, 0] }));
    const ofCause = (all: readonly Verdict[]) => all.find(({ cause }) => cause === 'fd-exhaustion');
    assert.deepEqual(
      gateways.map((one) => ofCause(one.verdicts)?.verdict),
      ['refuted', 'confirmed', 'refuted'],
    );
    const joined = ofCause(verdicts);
    assert.deepEqual([joined?.verdict, joined?.explains, joined?.share], ['confirmed', 250, 1]);
    assert.equal(joined?.for.at(-1)?.says, 'confirmed at 1 of 3 gateways; this is the evidence of gateway 2');
    const causes = gateways[0]?.verdicts.map(({ cause }) => cause);
    assert.deepEqual(
      verdicts.map(({ cause }) => cause),
      causes,
      'in the same order',
    );
  });

  it('accuse nobody where nobody failed', () => {
    const { verdicts } = judgeEach(severalGateways({ users: 6000, failed: [0, 0] }));
    assert.deepEqual(
      verdicts.filter(({ verdict }) => verdict !== 'refuted' && verdict !== 'insufficient-data'),
      [],
    );
    assert.ok(verdicts.every(({ share, explains }) => share === 0 && explains === 0));
  });
});

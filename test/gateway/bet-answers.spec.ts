import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Betting } from '../../gateway/bet-answers.ts';
import { Ledger } from '../../gateway/ledger.ts';

function table(current: number | undefined) {
  const ledger = new Ledger();
  if (current !== undefined) ledger.openRound(current);
  const betting = new Betting({ current }, ledger);
  // Short answers only: the length is in one byte.
  const answer = (text: string | undefined) => JSON.parse(betting.answer(text).subarray(2).toString());
  return { betting, ledger, answer };
}

const bet = (fields: object = {}) => JSON.stringify({ type: 'bet', id: 'a', round: 7, amount: 5, ...fields });

describe('gateway betting', () => {
  it('acks a bet of the open round, and again when it comes again, and records it once', () => {
    const { answer, betting, ledger } = table(7);
    assert.deepEqual(answer(bet()), { type: 'bet-ack', id: 'a', round: 7 });
    assert.deepEqual(answer(bet()), { type: 'bet-ack', id: 'a', round: 7 });
    assert.equal(ledger.entries, 1);
    assert.deepEqual(betting.counts, { received: 2, recorded: 1, duplicates: 1, rejected: 0 });
  });

  for (const [what, current, text, id, reason] of [
    ['a bet between rounds', undefined, bet(), 'a', 'no-round-open'],
    ['a bet of another round', 8, bet(), 'a', 'wrong-round'],
    ['an amount of nothing', 7, bet({ amount: 0 }), 'a', 'bad-bet'],
    ['an amount that is no number', 7, bet({ amount: '5' }), 'a', 'bad-bet'],
    ['a round that is no number', 7, bet({ round: '7' }), 'a', 'bad-bet'],
    ['an unknown type', 7, bet({ type: 'bid' }), 'a', 'bad-bet'],
    ['an id that is no text', 7, bet({ id: 1 }), null, 'bad-bet'],
    ['an id too long to keep', 7, bet({ id: 'x'.repeat(65) }), null, 'bad-bet'],
    ['text that is no JSON', 7, '{', null, 'bad-bet'],
    ['null', 7, 'null', null, 'bad-bet'],
    ['a binary message', 7, undefined, null, 'bad-bet'],
  ] as const) {
    it(`rejects ${what}`, () => {
      const { answer, ledger } = table(current);
      assert.deepEqual(answer(text), { type: 'bet-reject', id, reason });
      assert.equal(ledger.entries, 0);
    });
  }

  it('answers whatever JSON it is given', () => {
    const { betting } = table(7);
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        assert.ok(betting.answer(text).length > 0);
        const { received, recorded, duplicates, rejected } = betting.counts;
        assert.equal(received, recorded + duplicates + rejected);
      }),
    );
  });
});

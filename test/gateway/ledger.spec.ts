import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Ledger } from '../../gateway/ledger.ts';

describe('gateway ledger', () => {
  it('knows an id in the rounds that follow, and forgets it at last', () => {
    const ledger = new Ledger();
    ledger.openRound(1);
    ledger.record('a', 5);
    for (let round = 2; round <= 4; round++) {
      ledger.closeRound();
      ledger.openRound(round);
      assert.equal(ledger.roundOf('a'), 1);
    }
    ledger.closeRound();
    assert.equal(ledger.roundOf('a'), undefined);
  });

  it('sees an id that stands in it twice, in one round or in two', () => {
    const ledger = new Ledger();
    ledger.openRound(1);
    ledger.record('a', 5);
    ledger.record('a', 5);
    ledger.closeRound();
    assert.equal(ledger.doubled, 1);
    ledger.openRound(2);
    ledger.record('a', 5);
    ledger.record('b', 5);
    ledger.closeRound();
    assert.equal(ledger.doubled, 2);
  });

  it('holds each id once when it is asked first, and gives the totals of each round', () => {
    const bets = fc.record({ id: fc.stringMatching(/^[a-d]$/), amount: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(fc.array(bets), { maxLength: 4 }), (rounds) => {
        const ledger = new Ledger();
        const seen = new Map<string, number>();
        rounds.forEach((round, i) => {
          const expected = { bets: 0, amount: 0 };
          ledger.openRound(i + 1);
          for (const { id, amount } of round) {
            assert.equal(ledger.roundOf(id), seen.get(id));
            if (seen.has(id)) continue;
            ledger.record(id, amount);
            seen.set(id, i + 1);
            expected.bets++;
            expected.amount += amount;
          }
          assert.deepEqual(ledger.closeRound(), expected);
        });
        assert.equal(ledger.entries, seen.size);
        assert.equal(ledger.doubled, 0);
      }),
    );
  });
});

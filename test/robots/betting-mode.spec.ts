import assert from 'node:assert/strict';
import fc from 'fast-check';
import { amountOf, pauseBeforeBet } from '../../robots/betting-mode.ts';
import { draw } from '../../robots/rng.ts';

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('betting', () => {
  it('a herd bets at once', () => assert.equal(pauseBeforeBet('herd', 0.9, 4000), 0));

  it('paced bets come within 3 s and well before the round closes', () => {
    fc.assert(
      fc.property(fraction, fc.integer({ min: -10, max: 100_000 }), (x, closesInMs) => {
        const pause = pauseBeforeBet('paced', x, closesInMs);
        assert.ok(pause >= 0 && pause <= 3000, `${pause}`);
        assert.ok(pause <= Math.max(0, closesInMs) * 0.8, `${pause}`);
      }),
    );
  });

  it('amounts are whole, from 1 to 100', () => {
    fc.assert(
      fc.property(fraction, (x) => {
        const amount = amountOf(x);
        assert.ok(Number.isInteger(amount) && amount >= 1 && amount <= 100, `${amount}`);
      }),
    );
  });
});

describe('rng', () => {
  it('gives the same for the same seed, user and index, and else something else', () => {
    const draws = (seed: number) => Array.from({ length: 300 }, (_, i) => draw(seed, i % 100, i));
    assert.deepEqual(draws(1), draws(1));
    assert.equal(new Set([...draws(1), ...draws(2)]).size, 600);
  });

  it('is spread evenly over users and over rounds', () => {
    for (const nth of [
      (i: number) => draw(1, i, 2),
      (i: number) => draw(1, 7, i),
      (i: number) => draw(i, 0, 0),
    ]) {
      const buckets = new Array<number>(10).fill(0);
      for (let i = 0; i < 10_000; i++) {
        const x = nth(i);
        assert.ok(x >= 0 && x < 1);
        buckets[Math.floor(x * 10)] = (buckets[Math.floor(x * 10)] ?? 0) + 1;
      }
      for (const count of buckets) assert.ok(count > 850 && count < 1150, buckets.join());
    }
  });
});

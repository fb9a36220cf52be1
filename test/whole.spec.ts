import assert from 'node:assert/strict';
import { isTurn } from './whole.ts';

describe('the quick form', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);

  it('draws one of so many with any seed, and each with some', () => {
    for (const many of [2, 3, 4, 5, 6]) {
      const all = Array.from({ length: many }, (_, index) => index);
      for (const seed of seeds)
        assert.equal(all.filter((index) => isTurn(index, many, 1, seed)).length, 1, `${many}, seed ${seed}`);
      for (const index of all) assert.ok(seeds.some((seed) => isTurn(index, many, 1, seed)));
    }
  });

  it('within a test that is drawn itself draws each of its things with some seed', () => {
    const [within, many] = [2, 2];
    for (const test of [0, 1])
      for (const index of [0, 1])
        assert.ok(seeds.some((seed) => isTurn(test, within, 1, seed) && isTurn(index, many, within, seed)));
  });
});

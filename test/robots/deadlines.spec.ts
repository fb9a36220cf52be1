import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Deadlines } from '../../robots/deadlines.ts';

describe('deadlines', () => {
  it('come earliest first and never early, in whatever order they are made', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -5, max: 20 }), { minLength: 1, maxLength: 60 }),
        async (waits) => {
          const all = Promise.withResolvers<void>();
          const came: number[] = [];
          const deadlines = new Deadlines<number>((at) => {
            assert.ok(performance.now() >= at, 'early');
            came.push(at);
            if (came.length === waits.length) all.resolve();
          });
          const now = performance.now();
          const times = waits.map((wait) => now + wait);
          for (const at of times) deadlines.add(at, at);
          await all.promise;
          assert.deepEqual(
            came,
            times.sort((a, b) => a - b),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('can be forgotten, before and during their turn', async () => {
    const came: string[] = [];
    const deadlines = new Deadlines<string>((item) => {
      came.push(item);
      deadlines.clear();
    });
    deadlines.add(performance.now(), 'first');
    deadlines.add(performance.now(), 'second');
    const next = new Deadlines<string>((item) => came.push(item));
    next.add(performance.now(), 'never');
    next.clear();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(came, ['first']);
  });
});

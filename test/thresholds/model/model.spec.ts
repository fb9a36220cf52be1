import assert from 'node:assert/strict';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../../skip.ts';
import { Pool } from '../pool.ts';
import { type Comparison, compare } from './compare.ts';
import { EXACT, type Point, TIMES } from './grid.ts';

/** As docs/model.md says: this part of the users may connect in another second than the model says. */
const TIME_ERROR = 0.1;

describe('queue model against this kernel', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const pool = new Pool([...EXACT, ...TIMES], 7, compare);

  for (const point of EXACT) {
    it(`${point.title}: users and counters are the same`, async () => {
      assertSame(point, await pool.of(point));
    });
  }

  for (const point of TIMES) {
    it(`${point.title}: connect times differ for at most ${TIME_ERROR * 100} % of the users`, async () => {
      const comparison = await pool.of(point);
      assertSame(point, comparison);
      assert.ok(comparison.apart <= TIME_ERROR, `${comparison.apart}`);
      assert.ok((comparison.kernel.connected.at(-1) ?? 0) > 900, 'somebody had to wait');
    });
  }
});

function assertSame({ exact }: Point, { model, kernel }: Comparison): void {
  if (exact.users === 'stage') assert.deepEqual(model.stages, kernel.stages);
  else assert.deepEqual(model.outcomes, kernel.outcomes);
  for (const name of exact.counters ?? [])
    assert.equal(model.counters[name] ?? 0, kernel.counters[name] ?? 0, name);
}

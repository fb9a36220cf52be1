import assert from 'node:assert/strict';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../../skip.ts';
import { Pool } from '../pool.ts';
import { type Comparison, compare } from './compare.ts';
import { EXACT, type Point, RATES } from './grid.ts';

/** As docs/model.md says: this part of the users may have to wait longer, or shorter, than the model says. */
const RATE_ERROR = 0.25;

describe('queue model against this kernel', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const pool = new Pool([...EXACT, ...RATES], 6, compare);

  for (const point of EXACT) {
    it(`${point.title}: users and counters are the same`, async () => {
      assertSame(point, await pool.of(point));
    });
  }

  for (const point of RATES) {
    it(`${point.title}: connect times differ for at most ${RATE_ERROR * 100} % of the users`, async () => {
      const comparison = await pool.of(point);
      assertSame(point, comparison);
      assert.ok(comparison.apart <= RATE_ERROR, `${comparison.apart}`);
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

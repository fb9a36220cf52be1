import assert from 'node:assert/strict';
import { startDelay } from '../../gateway/delay.ts';
import { work } from '../../gateway/faults.ts';

describe('gateway loop delay', () => {
  it('is seen by the first sample after a stall, whole, and by no other', async () => {
    const delay = startDelay();
    delay.take();
    work(100);
    const { p50, p99, max } = delay.take();
    assert.ok(max >= 89 && p99 === max && p50 <= max, `${max}`);
    assert.equal(delay.take().max, 0);
    delay.stop();
  });

  it('counts a stall once when it ended before the sample', async () => {
    const delay = startDelay();
    await new Promise((resolve) => setTimeout(resolve, 30));
    work(100);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(delay.take().max >= 89);
    assert.ok(delay.take().max < 89);
    delay.stop();
  });
});

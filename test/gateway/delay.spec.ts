import assert from 'node:assert/strict';
import { startDelay } from '../../gateway/delay.ts';
import { work } from '../../gateway/faults.ts';

describe('gateway loop delay', () => {
  it('is seen by the first sample after a stall, whole, and by no other', async () => {
    const delay = startDelay();
    delay.take();
    work(100);
    const { p50, p99, max } = delay.take().loop;
    assert.ok(max >= 89 && p99 === max && p50 <= max, `${max}`);
    assert.equal(delay.take().loop.max, 0);
    delay.stop();
  });

  it('counts a stall once when it ended before the sample', async () => {
    const delay = startDelay();
    await new Promise((resolve) => setTimeout(resolve, 30));
    work(100);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(delay.take().loop.max >= 89);
    assert.ok(delay.take().loop.max < 89);
    delay.stop();
  });

  it('says what was done during the longest, and not what was done beside it', async () => {
    let bets = 0;
    const delay = startDelay(10, () => ({ bets, upgrades: 0 }));
    bets = 40;
    await new Promise((resolve) => setTimeout(resolve, 40));
    bets = 43;
    work(300);
    assert.equal(delay.take().longest.bets, 3);
    assert.equal(delay.take().longest.bets, 0);
    delay.stop();
  });

  it('tells one block from many short works', async () => {
    const delay = startDelay();
    work(400);
    assert.ok(delay.take().longest.blockMs >= 280);
    for (let i = 0; i < 10; i++) {
      work(30);
      delay.mark();
    }
    const many = delay.take();
    work(300);
    const one = delay.take();
    assert.ok(many.loop.max >= 280 && many.longest.blockMs < 280, JSON.stringify(many));
    assert.ok(one.loop.max >= 280 && one.longest.blockMs >= 280, JSON.stringify(one));
    delay.stop();
  });
});

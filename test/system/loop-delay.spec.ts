import assert from 'node:assert/strict';
import { work } from '../../gateway/faults.ts';
import { startDelay } from '../../system/loop-delay.ts';

type Delay = ReturnType<typeof startDelay>;

/** Two samples, and how long (ms) passed meanwhile: on a busy machine even that is late. */
function takeTwice(delay: Delay): { first: number; second: number; between: number } {
  const from = performance.now();
  const first = delay.take().loop.max;
  const second = delay.take().loop.max;
  return { first, second, between: performance.now() - from };
}

describe('gateway loop delay', () => {
  const started: Delay[] = [];
  const start = (...how: Parameters<typeof startDelay>): Delay => {
    const delay = startDelay(...how);
    started.push(delay);
    return delay;
  };
  afterEach(() => {
    for (const delay of started.splice(0)) delay.stop();
  });

  it('is seen by the first sample after a stall, whole, and by no other', () => {
    const delay = start();
    delay.take();
    work(100);
    const { p50, p99, max } = delay.take().loop;
    assert.ok(max >= 89 && p99 === max && p50 <= max, `${max}`);
    delay.take();
    work(100);
    const { first, second, between } = takeTwice(delay);
    assert.ok(first >= 89 && second <= between, `${first}, then ${second} in ${between}`);
  });

  it('counts a stall once when it ended before the sample', async () => {
    const delay = start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    work(100);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const { first, second, between } = takeTwice(delay);
    assert.ok(first >= 89 && second <= between, `${first}, then ${second} in ${between}`);
  });

  it('says what was done during the longest, and not what was done beside it', async () => {
    let bets = 0;
    const delay = start(10, () => ({ bets, upgrades: 0 }));
    bets = 40;
    await new Promise((resolve) => setTimeout(resolve, 40));
    bets = 43;
    work(300);
    assert.equal(delay.take().longest.bets, 3);
    assert.equal(delay.take().longest.bets, 0);
  });

  it('tells one block from many short works', () => {
    const delay = start();
    work(400);
    // How long each took is measured, from outside: a busy machine makes blocks of its own.
    let longest = 0;
    let from = performance.now();
    assert.ok(delay.take().longest.blockMs >= 280);
    for (let i = 0; i < 10; i++) {
      work(30);
      const begun = performance.now();
      delay.mark();
      longest = Math.max(longest, performance.now() - from);
      from = begun;
    }
    const many = delay.take();
    longest = Math.max(longest, performance.now() - from);
    work(300);
    const one = delay.take();
    assert.ok(many.loop.max >= 280 && many.longest.blockMs <= longest + 1, JSON.stringify({ many, longest }));
    assert.ok(one.loop.max >= 280 && one.longest.blockMs >= 280, JSON.stringify(one));
  });
});

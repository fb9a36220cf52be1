import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOfLoad, unlessEnded } from '../../../lab/run/part-end.ts';
import type { Ending } from '../../../lab/runtimes/runtime.ts';

const ENDING: Ending = { code: 0, signal: null, output: '' };

/** A part that ends when it is told to, and not before. */
function stubborn() {
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  const told: string[] = [];
  const stop = () => {
    told.push('stop');
    resolve(ENDING);
  };
  return { ended, told, stop };
}

describe('the end of a part', () => {
  it('a load that ends by itself is not told to stop', async () => {
    const { told, stop } = stubborn();
    assert.equal(await endOfLoad({ ended: Promise.resolve(ENDING) }, 60_000, stop), ENDING);
    assert.deepEqual(told, []);
  });

  it('a load that takes longer than its bound is told to stop once, and how it then ended is given', async () => {
    const { ended, told, stop } = stubborn();
    assert.equal(await endOfLoad({ ended }, 1, stop), ENDING);
    assert.deepEqual(told, ['stop']);
  });

  it('a load is told to stop when the signal is aborted, or has been before', async () => {
    for (const before of [true, false]) {
      const { ended, told, stop } = stubborn();
      const controller = new AbortController();
      if (before) controller.abort();
      const end = endOfLoad({ ended }, 60_000, stop, controller.signal);
      controller.abort();
      assert.equal(await end, ENDING);
      assert.deepEqual(told, ['stop']);
    }
  });

  it('a part that ends before it has begun throws what is made of its ending', async () => {
    const never = new Promise<never>(() => {});
    const why = ({ code }: Ending) => new Error(`code ${code}`);
    await assert.rejects(unlessEnded({ ended: Promise.resolve(ENDING) }, never, why), { message: 'code 0' });
  });

  it('a part that has begun may end: nobody is told, and nothing is left unhandled', async () => {
    const { ended, stop } = stubborn();
    assert.equal(await unlessEnded({ ended }, Promise.resolve(1), () => new Error('ended')), 1);
    stop();
    await sleep(1);
  });
});

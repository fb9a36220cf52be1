import assert from 'node:assert/strict';
import { work } from '../../gateway/faults.ts';
import { SelfWatch } from '../../robots/self.ts';

describe('robots watching themselves', () => {
  it('see a stall that runs across a sample, once as recent and in the whole', () => {
    const self = new SelfWatch(1);
    self.start();
    self.recent(0);
    work(90);
    const cut = self.recent(0).loop.max;
    work(90);
    const rest = self.all(0).loop.max;
    self.stop();
    // It looks each 50 ms, which is no delay.
    assert.ok(cut >= 39, `${cut}`);
    assert.ok(rest >= cut, `${rest}`);
  });

  it('see no delay before the load begins', () => {
    assert.deepEqual(new SelfWatch(1).all(0).loop, { p50: 0, p99: 0, max: 0 });
  });
});

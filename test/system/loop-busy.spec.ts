import assert from 'node:assert/strict';
import { throttlingOf } from '../../system/cgroup.ts';
import { Gateway, User } from '../gateway/tools.ts';

describe('gateway: how busy it is', () => {
  it('a sample says what part of the time the event loop was at work', async () => {
    await using gateway = await Gateway.start({ HANDSHAKE_COST_MS: 400, SAMPLE_MS: 50 });
    const idle = await gateway.next('sample', ({ loop }) => (loop.busy ?? 1) < 0.5);
    assert.equal(idle.throttled, undefined, 'no quota, nothing read');
    const users = Array.from({ length: 3 }, () => User.open(gateway.port));
    const busy = await gateway.next('sample', ({ loop }) => (loop.busy ?? 0) > 0.9);
    assert.ok((busy.loop.busy ?? 2) <= 1);
    for (const { ws } of await Promise.all(users)) ws.terminate();
    await gateway.next('sample', ({ loop }) => (loop.busy ?? 1) < 0.05);
  });

  it('cpu.stat of v2 and v1; undefined where it does not say', () => {
    const v2 = 'usage_usec 90\nnr_periods 9\nnr_throttled 4\nthrottled_usec 250000\nnr_bursts 0\n';
    const v1 = 'nr_periods 9\nnr_throttled 4\nthrottled_time 250000000\n';
    assert.deepEqual(throttlingOf(v2), { periods: 4, ms: 250 });
    assert.deepEqual(throttlingOf(v1), { periods: 4, ms: 250 });
    assert.equal(throttlingOf('usage_usec 90\nuser_usec 80\n'), undefined);
    assert.equal(throttlingOf(undefined), undefined);
  });
});

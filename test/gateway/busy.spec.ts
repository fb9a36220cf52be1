import assert from 'node:assert/strict';
import { Gateway, User } from './tools.ts';

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
});

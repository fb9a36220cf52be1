import assert from 'node:assert/strict';
import { keep } from '../../gateway/faults.ts';
import { Gateway, User } from './tools.ts';

describe('gateway: memory kept for a user', () => {
  it('USER_KB is resident for as long as the user is open', async () => {
    await using gateway = await Gateway.start({ USER_KB: 8192, SAMPLE_MS: 50 });
    const { memory: before } = await gateway.next('sample');
    const users = await Promise.all(Array.from({ length: 8 }, () => User.open(gateway.port)));
    const kept = 8 * 8192 * 1024;
    const { memory } = await gateway.next('sample', ({ open }) => open === 8);
    assert.ok(
      memory.external - before.external >= kept * 0.95,
      `external grew by ${memory.external - before.external}`,
    );
    assert.ok(memory.rss - before.rss >= kept * 0.9, `resident grew by ${memory.rss - before.rss}`);
    for (const { ws } of users) ws.terminate();
  });

  it('0 keeps nothing', () => assert.equal(keep(0), undefined));
});

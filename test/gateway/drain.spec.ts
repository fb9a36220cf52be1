import assert from 'node:assert/strict';
import { frame, Gateway, raw, SLOW_MS, User, upgraded } from './tools.ts';

describe('gateway drain', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`at ${signal} closes all with 1001 and ends with code 0`, async () => {
      await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
      const users = await Promise.all([1, 2, 3].map(() => User.open(gateway.port)));
      const waiting = await raw(gateway.port, 'GET');
      await gateway.next('sample', ({ open, accepted }) => open === 3 && accepted === 4);
      assert.deepEqual(await gateway.stop(signal), { code: 0, signal: null, stderr: '' });
      for (const { closed } of users) assert.equal(await closed, 1001);
      await waiting.ended;
      const closes = gateway.lines.all.filter(({ event }) => event === 'close');
      assert.deepEqual(
        new Set(closes.map((line) => line.event === 'close' && line.reason)),
        new Set(['drain']),
      );
      assert.equal(closes.length, 4);
      const drained = await gateway.next('drained');
      assert.deepEqual([drained.open, drained.cut], [3, 0]);
      assert.equal(gateway.lines.all.at(-1), drained);
    });
  }

  it('counts the bets of the round that it breaks off', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
    const user = await User.open(gateway.port);
    user.bet('one', (await user.next('betting-open')).round);
    await user.next('bet-ack');
    await gateway.stop();
    assert.equal((await gateway.next('round')).bets, 1);
    assert.equal((await gateway.next('drained')).recorded, 1);
  });

  it('takes no bet after it said that it closes', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
    const { socket } = await upgraded(gateway.port);
    socket.on('data', (data) => {
      if (!data.includes('\x88')) return;
      socket.write(frame(0x81, JSON.stringify({ type: 'bet', id: 'late', round: 1, amount: 5 })));
      socket.end();
    });
    await gateway.stop();
    assert.equal((await gateway.next('drained')).bets.received, 0);
  });

  it('ends within 5 s when clients never answer the close', async () => {
    await using gateway = await Gateway.start();
    const sockets = await Promise.all(Array.from({ length: 500 }, () => upgraded(gateway.port)));
    const answering = await User.open(gateway.port);
    const began = performance.now();
    const { code } = await gateway.stop();
    assert.ok(performance.now() - began < 5000);
    assert.equal(code, 0);
    assert.equal(await answering.closed, 1001);
    const { open, cut } = await gateway.next('drained');
    assert.deepEqual([open, cut], [501, 500]);
    await Promise.all(sockets.map(({ ended }) => ended));
  }).timeout(SLOW_MS);
});

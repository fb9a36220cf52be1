import assert from 'node:assert/strict';
import { Gateway, User } from './tools.ts';

describe('gateway rounds', () => {
  it('go from open to closed to result, and on to the next', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 150, PAUSE_MS: 50 });
    const user = await User.open(gateway.port);
    const { round } = await user.next('betting-closed');
    assert.equal((await user.next('result')).round, round);
    const open = await user.next('betting-open');
    assert.equal(open.round, round + 1);
    assert.equal(open.closesInMs, 150);
    assert.equal((await user.next('betting-closed')).round, round + 1);
  });

  it('tell a user who comes in the middle how much is left', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
    await User.open(gateway.port);
    const { round, closesInMs } = await (await User.open(gateway.port)).next('betting-open');
    assert.equal(round, 1);
    assert.ok(closesInMs < 60_000 && closesInMs > 0, `${closesInMs}`);
  });

  it('record a bet once, however often and in whatever round it is sent, and ack it each time', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 1000, PAUSE_MS: 50 });
    const user = await User.open(gateway.port);
    const { round } = await user.next('betting-open');
    user.bet('one', round, 7);
    user.bet('one', round, 7);
    for (let i = 0; i < 2; i++)
      assert.deepEqual(await user.next('bet-ack'), { type: 'bet-ack', id: 'one', round });
    const line = await gateway.next('round', (line) => line.bets > 0);
    assert.deepEqual([line.round, line.bets, line.amount], [round, 1, 7]);

    const later = await user.next('betting-open');
    user.bet('one', later.round, 7);
    assert.equal((await user.next('bet-ack')).round, round);
    assert.equal((await gateway.next('round', (line) => line.round === later.round)).bets, 0);

    await gateway.stop();
    const drained = await gateway.next('drained');
    assert.deepEqual(drained.bets, { received: 3, recorded: 1, duplicates: 2, rejected: 0 });
    assert.deepEqual([drained.recorded, drained.doubled], [1, 0]);
  });

  it('ack an id that takes more room in JSON than in a short frame', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
    const user = await User.open(gateway.port);
    const id = '\u0001'.repeat(64);
    user.bet(id, (await user.next('betting-open')).round);
    assert.equal((await user.next('bet-ack')).id, id);
  });

  it('reject a bet that comes when no round is open', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 50, PAUSE_MS: 60_000 });
    const user = await User.open(gateway.port);
    await gateway.next('round');
    user.bet('late', 1);
    assert.deepEqual(await user.next('bet-reject'), {
      type: 'bet-reject',
      id: 'late',
      reason: 'no-round-open',
    });
  });

  it('count the sockets that the opening went to, and those that came later', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 300, PAUSE_MS: 50 });
    const users = await Promise.all([1, 2, 3].map(() => User.open(gateway.port)));
    const line = await gateway.next('round', ({ audience }) => audience > 0);
    assert.equal(line.audience, users.length);
    assert.equal(line.late, 0);
  });
});

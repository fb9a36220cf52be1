import assert from 'node:assert/strict';
import { Gateway, raw, SLOW_MS, UPGRADE, User } from './tools.ts';

const NOFILE = 128;

describe('gateway without descriptors', () => {
  it('holds exactly nofile less those at rest, goes on serving them, and lets in one for each that leaves', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 500, PAUSE_MS: 50, SAMPLE_MS: 50 }, NOFILE);
    const listening = gateway.lines.all[0];
    assert.ok(listening?.event === 'listening');
    assert.equal(listening.nofile, NOFILE);
    const room = NOFILE - listening.descriptorsAtRest.length;
    const users = Array.from({ length: room + 60 }, () => new User(gateway.port));
    const opened = users.map(({ ws }) => new Promise((resolve) => ws.once('open', () => resolve(true))));
    const got = await Promise.all(users.map(({ closed }, i) => Promise.race([opened[i], closed])));
    const inside = users.filter((_, i) => got[i] === true);
    assert.equal(inside.length, room);
    assert.equal((await gateway.next('sample', ({ open }) => open >= room)).open, room);

    const { round } = await gateway.next('round');
    for (const user of inside) {
      await user.messages.next((message) => message.type === 'betting-open' && message.round === round + 1);
      user.bet(`${user.ws.url}${inside.indexOf(user)}`, round + 1);
      assert.equal((await user.next('bet-ack')).round, round + 1);
    }

    inside[0]?.ws.terminate();
    await gateway.next('sample', ({ open }) => open === room - 1);
    await User.open(gateway.port);
    assert.equal((await gateway.next('sample', ({ open }) => open === room)).open, room);
    assert.equal(gateway.child.exitCode, null);
    for (const { ws } of inside) ws.terminate();
  }).timeout(SLOW_MS);

  it('counts connections that ask for nothing just the same', async () => {
    await using gateway = await Gateway.start({ SAMPLE_MS: 50 }, NOFILE);
    const silent = await Promise.all(Array.from({ length: NOFILE + 50 }, () => raw(gateway.port)));
    const full = await gateway.next('sample', ({ accepted }) => accepted > 0);
    assert.equal(full.open, 0);
    for (const { socket } of silent) socket.destroy();
    await gateway.next('sample', ({ accepted, closed }) => accepted === closed.byPeer + closed.byError);
    const late = await raw(gateway.port, UPGRADE);
    late.socket.once('data', () => late.socket.destroy());
    assert.match(await late.ended, /^HTTP\/1.1 101 /);
  });

  it('says in one line that nofile is too small to start with', async () => {
    const nofile = (await atRest()) - 1;
    assert.deepEqual(await new Gateway({}, nofile).ended, {
      code: 2,
      signal: null,
      stderr: `gateway: nofile ${nofile} is too small to start with: raise it (ulimit -n)\n`,
    });
  });

  it('needs one more than it has at rest, and no more than that, to serve one user', async () => {
    await using gateway = await Gateway.start({}, (await atRest()) + 1);
    const user = await User.open(gateway.port);
    user.bet('only', (await user.next('betting-open')).round);
    await user.next('bet-ack');
    await assert.rejects(User.open(gateway.port));
    user.ws.terminate();
  }).timeout(SLOW_MS);
});

/** Descriptors of a gateway without users. */
async function atRest(): Promise<number> {
  await using gateway = await Gateway.start();
  const listening = gateway.lines.all[0];
  assert.ok(listening?.event === 'listening');
  return listening.descriptorsAtRest.length;
}

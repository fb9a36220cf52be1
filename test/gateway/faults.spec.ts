import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Faults } from '../../gateway/faults.ts';
import { Gateway, User } from './tools.ts';

async function users(gateway: Gateway, count: number): Promise<User[]> {
  return await Promise.all(Array.from({ length: count }, () => User.open(gateway.port)));
}

describe('gateway faults', () => {
  it('CRASH_AT_USERS ends the process with its last words', async () => {
    await using gateway = await Gateway.start({ CRASH_AT_USERS: 3 });
    await users(gateway, 2);
    assert.equal(gateway.child.exitCode, null);
    new User(gateway.port);
    const line = await gateway.next('error');
    assert.deepEqual([line.fatal, line.message], [true, 'fault: CRASH_AT_USERS=3']);
    const { code, stderr } = await gateway.ended;
    assert.equal(code, 1);
    assert.match(stderr, /fault: CRASH_AT_USERS=3/);
  });

  it('STALL_AT_USERS blocks the loop', async () => {
    await using gateway = await Gateway.start({ STALL_AT_USERS: 2, STALL_MS: 600, SAMPLE_MS: 50 });
    await users(gateway, 2);
    await gateway.next('sample', ({ loop }) => loop.max >= 550);
    await users(gateway, 2);
  });

  it('STALL_AT_USERS strikes once, however many users come after', () => {
    const faults = new Faults({
      CRASH_AT_USERS: 0,
      STALL_AT_USERS: 2,
      STALL_MS: 1,
      HEARTBEAT_MS: 1,
      UNLISTEN_AT_USERS: 0,
    });
    // A stall that outlasts the heartbeat begins with pings: they are counted, not its time.
    let pings = 0;
    faults.ping = () => pings++;
    const after = [1, 2, 3, 1, 2].map((open) => {
      faults.opened(open);
      return pings;
    });
    assert.deepEqual(after, [0, 1, 1, 1, 1]);
  });

  it('a stall longer than the idle time-out costs users that did speak', async () => {
    await using gateway = await Gateway.start({ IDLE_TIMEOUT_MS: 500, STALL_AT_USERS: 3, STALL_MS: 900 });
    const two = await users(gateway, 2);
    const talk = setInterval(() => {
      for (const { ws } of two) if (ws.readyState === ws.OPEN) ws.send('hm');
    }, 50);
    two.push(await User.open(gateway.port));
    await Promise.all(two.map(({ closed }) => closed));
    clearInterval(talk);
    for (let i = 0; i < 3; i++) assert.equal((await gateway.next('close')).reason, 'idle-timeout');
  });

  it('a stall longer than the heartbeat costs users that would have answered, unless it forgives', async () => {
    const stall = { STALL_AT_USERS: 3, STALL_MS: 900, HEARTBEAT_MS: 600, SAMPLE_MS: 50 };
    await using strict = await Gateway.start(stall);
    const closed = (await users(strict, 3)).map((user) => user.closed);
    assert.deepEqual(await Promise.all(closed), [1006, 1006, 1006]);
    for (let i = 0; i < 3; i++) assert.equal((await strict.next('close')).reason, 'heartbeat');

    await using forgiving = await Gateway.start({ ...stall, HEARTBEAT_MISSES: 3 });
    const three = await users(forgiving, 3);
    await forgiving.next('sample', ({ loop }) => loop.max >= 600);
    await forgiving.next('sample', ({ loop }) => loop.max < 600);
    for (const { ws } of three) assert.equal(ws.readyState, ws.OPEN);
  });

  it('DEADLINE_MS ends every user at the same age', async () => {
    await using gateway = await Gateway.start({ DEADLINE_MS: 300 });
    const [user] = await users(gateway, 1);
    const line = await gateway.next('close');
    assert.equal(line.reason, 'deadline');
    assert.equal(line.detail, '300 ms after it opened');
    assert.ok(line.ageMs >= 300);
    assert.equal(await user?.closed, 1006);
  });

  it('HANDSHAKE_COST_MS and BET_COST_MS keep the loop busy', async () => {
    await using gateway = await Gateway.start({ HANDSHAKE_COST_MS: 150, BET_COST_MS: 150, ROUND_MS: 60_000 });
    const began = performance.now();
    const [user] = await users(gateway, 1);
    assert.ok(performance.now() - began >= 150);
    const { round } = (await user?.next('betting-open')) ?? { round: 0 };
    const sent = performance.now();
    user?.bet('dear', round);
    await user?.next('bet-ack');
    assert.ok(performance.now() - sent >= 150);
  });

  it('MAX_LIFETIME_S drains and ends it', async () => {
    await using gateway = await Gateway.start({ MAX_LIFETIME_S: 1 });
    const user = await User.open(gateway.port);
    assert.equal(await user.closed, 1001);
    assert.equal((await gateway.ended).code, 0);
  });

  it('LIFELINE=stdin ends it when stdin does, and not before', async () => {
    await using gateway = await Gateway.start({ LIFELINE: 'stdin' });
    gateway.child.stdin?.write('hello\n');
    await gateway.next('sample');
    gateway.child.stdin?.end();
    assert.deepEqual(await gateway.ended, { code: 0, signal: null, stderr: '' });
  });

  it('without a lifeline the end of stdin is nothing', async () => {
    await using gateway = await Gateway.start({ SAMPLE_MS: 50 });
    gateway.child.stdin?.end();
    for (let i = 0; i < 4; i++) await gateway.next('sample');
    assert.equal(gateway.child.exitCode, null);
  });

  it('LEAK keeps the socket of a user that has left: its FIN is never answered', async () => {
    await using gateway = await Gateway.start({ LEAK: 1 });
    const client = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(client, 'connect');
    let ended = false;
    client.on('end', () => {
      ended = true;
    });
    client.end();
    await once(client, 'finish');
    await users(gateway, 1);
    // Whatever it would have said to the first it would have said before it let in another.
    client.resume();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(ended, false);
    client.destroy();
  });
});

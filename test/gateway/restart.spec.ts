import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { skipOffLinux } from '../skip.ts';
import { Gateway, raw, User } from './tools.ts';

async function users(gateway: Gateway, count: number): Promise<User[]> {
  return await Promise.all(Array.from({ length: count }, () => User.open(gateway.port)));
}

/** Resolves when nobody listens. */
async function refused(port: number): Promise<boolean> {
  const { socket } = await raw(port);
  const connected = socket.remotePort !== undefined;
  socket.destroy();
  return !connected;
}

describe('gateway restart', () => {
  it('cuts everybody, listens no more, and then again on the same port; once', async () => {
    await using gateway = await Gateway.start({ RESTART_AT_USERS: 3, RESTART_MS: 400 });
    const waiting = await raw(gateway.port, 'GET');
    const three = await users(gateway, 3);
    assert.deepEqual([(await gateway.next('restart')).phase, await refused(gateway.port)], ['down', true]);
    assert.deepEqual(await Promise.all(three.map(({ closed }) => closed)), [1006, 1006, 1006]);
    await waiting.ended;
    const up = await gateway.next('restart');
    assert.deepEqual([up.phase, up.open], ['up', 0]);
    await users(gateway, 4);
    const { event, at, ...down } =
      gateway.lines.all.filter((line) => line.event === 'restart')[0] ?? assert.fail();
    assert.deepEqual([event, down], ['restart', { phase: 'down', open: 3 }]);
    assert.ok(up.at - at >= 390);
    const closes = gateway.lines.all.filter((line) => line.event === 'close');
    assert.deepEqual(
      closes.map(({ reason, code }) => [reason, code]),
      Array(4).fill(['restart', undefined]),
    );
    assert.equal(gateway.lines.all.filter(({ event }) => event === 'restart').length, 2);
    assert.equal(gateway.child.exitCode, null);
  });

  it('resets, as a killed process does', async () => {
    await using gateway = await Gateway.start({ RESTART_AT_USERS: 1, RESTART_MS: 0 });
    const waiting = await raw(gateway.port, 'GET');
    const ended = new Promise((resolve) => waiting.socket.on('error', resolve));
    await users(gateway, 1);
    assert.equal(((await ended) as NodeJS.ErrnoException).code, 'ECONNRESET');
  });

  it('holds the same descriptors at rest afterwards', async function () {
    skipOffLinux(this, 'descriptors are counted in /proc');
    await using gateway = await Gateway.start({ RESTART_AT_USERS: 5, RESTART_MS: 50, SAMPLE_MS: 50 });
    const { pid, descriptorsAtRest } =
      gateway.lines.all.find((line) => line.event === 'listening') ?? assert.fail();
    await users(gateway, 5);
    await gateway.next('restart', ({ phase }) => phase === 'up');
    const now = readdirSync(`/proc/${pid}/fd`)
      .map(Number)
      .sort((a, b) => a - b);
    assert.deepEqual(now, descriptorsAtRest);
  });

  it('with RESTART_DRAIN_MS tells all to leave, one after another, and goes on listening', async () => {
    await using gateway = await Gateway.start({ RESTART_AT_USERS: 10, RESTART_DRAIN_MS: 300 });
    const ten = await users(gateway, 10);
    const first = await gateway.next('close');
    const late = await User.open(gateway.port);
    assert.deepEqual(await Promise.all(ten.map(({ closed }) => closed)), Array(10).fill(1012));
    const drained = await gateway.next('restart');
    assert.deepEqual([drained.phase, late.ws.readyState], ['drained', late.ws.OPEN]);
    assert.ok(drained.at - first.at >= 200);
    const closes = gateway.lines.all.filter((line) => line.event === 'close');
    assert.deepEqual(
      closes.map(({ reason, code }) => [reason, code]),
      Array(10).fill(['restart', 1012]),
    );
  });

  it('is broken off by SIGTERM', async () => {
    await using gateway = await Gateway.start({ RESTART_AT_USERS: 1, RESTART_MS: 60_000 });
    await users(gateway, 1);
    await gateway.next('restart');
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null, stderr: '' });
  });
});

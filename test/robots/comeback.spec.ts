import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import { longestComeback, MOST_ATTEMPTS } from '../../robots/comeback.ts';
import { Crowd } from '../../robots/crowd.ts';
import { acceptOf } from '../../robots/handshake.ts';
import { readSettings } from '../../robots/robots-settings.ts';
import { SelfWatch } from '../../robots/self.ts';
import { Gateway, SLOW_MS } from '../gateway/tools.ts';
import { oneIn } from '../whole.ts';
import { crowd, Fleet, Listener, lone, Report, UPGRADED } from './tools.ts';

const GOING_AWAY = String.fromCharCode(0x88, 2, 0x03, 0xe9);

describe('users that come back', function () {
  this.timeout(SLOW_MS);
  const [again, through] = [oneIn(3), oneIn(2)];

  for (const [how, cut] of [
    ['a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['an end without a close frame', (socket: Socket) => socket.end()],
    ['a close with 1001', (socket: Socket) => socket.write(GOING_AWAY, 'latin1')],
  ] as const) {
    for (const mode of ['immediate', 'jittered']) {
      again(`${mode}, after ${how}: open at the end, with the attempt before on the line`, async () => {
        let cuts = 1;
        await using listener = await Listener.answering(UPGRADED, (socket) => {
          if (cuts-- > 0) cut(socket);
        });
        const user = await lone(listener.port, { RECONNECT: mode, RECONNECT_MS: 30, HOLD_MS: 100 });
        const { outcome, stage, attempts, earlier, endedMs, port } = user;
        assert.deepEqual([outcome, stage, attempts, endedMs], ['open', 'open', 2, undefined]);
        assert.equal(earlier?.length, 1);
        const before = earlier?.[0] ?? assert.fail();
        assert.equal(before.stage, 'open');
        assert.ok(before.port && before.port !== port);
        assert.ok(before.startedAt + before.endedMs <= user.startedAt + 0.2);
      });
    }
  }

  it('do not, unless asked to', async () => {
    await using listener = await Listener.answering(UPGRADED, (socket) => socket.resetAndDestroy());
    const { outcome, attempts, earlier } = await lone(listener.port, { HOLD_MS: 100 });
    assert.deepEqual([outcome, attempts, earlier], ['reset', undefined, undefined]);
  });

  it('do not when they never were open', async () => {
    await using listener = await Listener.start((socket) => socket.resetAndDestroy());
    const { outcome, attempts } = await lone(listener.port, { RECONNECT: 'immediate' });
    assert.deepEqual([outcome, attempts], ['reset', undefined]);
  });

  it('try so often and no more; the line tells the last', async () => {
    let accepted = 0;
    await using listener = await Listener.start((socket) => {
      const first = accepted++ === 0;
      socket.once('data', (request) => (first ? answer(socket, request) : socket.resetAndDestroy()));
    });
    const { outcome, stage, attempts, earlier } = await lone(listener.port, {
      RECONNECT: 'immediate',
      HOLD_MS: 300,
    });
    assert.deepEqual([outcome, stage, attempts], ['reset', 'upgrade', MOST_ATTEMPTS]);
    assert.equal(accepted, MOST_ATTEMPTS);
    assert.equal(new Set(earlier?.map(({ port }) => port)).size, MOST_ATTEMPTS - 1);
    assert.deepEqual(
      earlier?.map(({ stage }) => stage),
      ['open', ...Array(MOST_ATTEMPTS - 2).fill('upgrade')],
    );
  });

  it('meet a server that has no room for them: the line has the status of each attempt, and what it said to the last', async () => {
    let accepted = 0;
    await using listener = await Listener.start((socket) => {
      const first = accepted++ === 0;
      socket.once('data', (request) => {
        if (first) answer(socket, request);
        else if (accepted < MOST_ATTEMPTS) socket.end('HTTP/1.1 503 Busy\r\n\r\n');
        else socket.end('gone');
      });
    });
    const { status, said, earlier } = await lone(listener.port, { RECONNECT: 'immediate', HOLD_MS: 300 });
    assert.deepEqual([status, said], [undefined, 'gone']);
    assert.deepEqual(
      earlier?.map((attempt) => attempt.status),
      [undefined, ...Array(MOST_ATTEMPTS - 2).fill(503)],
    );
  });

  through('fail with the attempt before when the load is ended while they wait', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({
      TARGET_PORT: listener.port,
      USERS: 20,
      ROUNDS: 0,
      HOLD_MS: 60_000,
      RECONNECT: 'jittered',
      RECONNECT_MS: 600_000,
      PROGRESS_MS: 20,
    });
    await fleet.until((line) => line.event === 'progress' && line.open === 20);
    const cutAt = Date.now();
    for (const socket of listener.sockets) socket.resetAndDestroy();
    await fleet.until((line) => line.event === 'progress' && line.at >= cutAt && line.open === 0);
    fleet.child.kill('SIGTERM');
    const { code, report } = await fleet.ended;
    assert.deepEqual([code, report.counts, report.done.failed], [0, { 'reset open': 20 }, 20]);
  });

  it('have the whole of their time at each attempt', async () => {
    let accepted = 0;
    await using listener = await Listener.start((socket) => {
      // Lost in the middle of what its first attempt had.
      if (accepted++ === 0) socket.once('data', (request) => answer(socket, request, 100));
    });
    const { outcome, earlier } = await lone(listener.port, {
      RECONNECT: 'immediate',
      CONNECT_TIMEOUT_MS: 200,
      HOLD_MS: 300,
    });
    assert.equal(outcome, 'timeout');
    for (const { outcome, endedMs } of earlier?.slice(1) ?? []) {
      assert.equal(outcome, 'timeout');
      assert.ok(endedMs >= 199.9, `${endedMs}`);
    }
  });

  through('take part in the round that comes, and the load ends', async () => {
    await using gateway = await Gateway.start({
      RESTART_AT_USERS: 50,
      RESTART_MS: 100,
      ROUND_MS: 600,
      PAUSE_MS: 100,
    });
    await using fleet = new Fleet({
      TARGET_PORT: gateway.port,
      USERS: 50,
      RECONNECT: 'jittered',
      RECONNECT_MS: 300,
    });
    const { code, report } = await fleet.ended;
    assert.equal(code, 0);
    assert.deepEqual(report.counts, { 'open open': 50 });
    for (const { attempts = 1 } of report.users) assert.ok(attempts > 1 && attempts <= MOST_ATTEMPTS);
    assert.deepEqual([report.done.open, report.done.failed], [50, 0]);
    const { placed, acked, rejected } = report.done.bets;
    assert.deepEqual([placed, acked + rejected], [50, 50]);
  });

  through('take part when they are on their way as betting begins', async () => {
    await using gateway = await Gateway.start({
      RESTART_AT_USERS: 20,
      RESTART_MS: 50,
      ROUND_MS: 700,
      PAUSE_MS: 50,
    });
    const settings = readSettings({
      TARGET_PORT: String(gateway.port),
      USERS: '20',
      RECONNECT: 'jittered',
      RECONNECT_MS: '1500',
    });
    const lines: FleetLine[] = [];
    const one = new Crowd(settings, '127.0.0.1', new SelfWatch(0), {
      write: (line) => lines.push(line),
      writeText: (text) => lines.push(JSON.parse(text)),
    });
    await one.live(async (phase) => {
      if (phase === 'betting') await gateway.next('restart', ({ phase }) => phase === 'up');
    });
    // The last to come back may be too late for its round on a slow machine: it has an answer all the same.
    const { placed, acked, rejected } = new Report(lines).done.bets;
    assert.deepEqual([placed, acked + rejected], [20, 20]);
    assert.ok(acked > 0);
  });

  through('do so in several processes', async () => {
    await using gateway = await Gateway.start({ RESTART_AT_USERS: 40, RESTART_MS: 50 });
    await using fleet = new Fleet({
      TARGET_PORT: gateway.port,
      USERS: 40,
      SHARDS: 2,
      ROUNDS: 0,
      HOLD_MS: 500,
      RECONNECT: 'jittered',
      RECONNECT_MS: 200,
    });
    const { report } = await fleet.ended;
    assert.deepEqual(report.counts, { 'open open': 40 });
    for (const { attempts = 1 } of report.users) assert.ok(attempts > 1);
  });

  it('the longest way back is a sum of time-outs and pauses', () => {
    assert.equal(longestComeback('off', 3000, 1000), 0);
    assert.equal(longestComeback('immediate', 3000, 1000), 7000);
    assert.equal(longestComeback('jittered', 100, 1000), 7000 + 100 + 200 + 5 * 400);
  });
});

describe('users that leave', () => {
  it('in order, so long after they opened; open is what became of them', async () => {
    await using gateway = await Gateway.start({});
    const { users, done, counts } = await crowd(gateway.port, 20, { STAY_MS: 100, HOLD_MS: 600 });
    assert.deepEqual(counts, { 'open open': 20 });
    assert.deepEqual([done.open, done.failed], [20, 0]);
    for (const { openMs = 0, leftMs = 0, endedMs } of users) {
      assert.ok(leftMs - openMs >= 99.9);
      assert.equal(endedMs, undefined);
    }
    const { closed, open } = await gateway.next(
      'sample',
      ({ open, upgraded }) => upgraded === 20 && open === 0,
    );
    assert.deepEqual([open, closed.byGateway], [0, 0]);
  });

  it('and who stays is not waited for longer than that', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
    const { counts, phases } = await crowd(gateway.port, 5, { STAY_MS: 200, ROUNDS: 1 });
    assert.deepEqual(counts, { 'open open': 5 });
    assert.deepEqual(phases, ['ready', 'load', 'settled', 'betting', 'done']);
  });
});

/** Upgrades, and cuts so long after. */
function answer(socket: Socket, request: Buffer, afterMs = 0): void {
  const key = /^Sec-WebSocket-Key: (.*)$/im.exec(request.toString('latin1'))?.[1] ?? '';
  const upgraded = UPGRADED.replace('{accept}', acceptOf(key.trim()));
  socket.write(upgraded, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), afterMs));
}

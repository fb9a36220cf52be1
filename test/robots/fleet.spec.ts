import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { FleetSelf, OwnSelf } from '../../protocol/fleet-events.ts';
import { bottlenecks } from '../../robots/bottlenecks.ts';
import { acceptOf } from '../../robots/handshake.ts';
import { Gateway } from '../gateway/tools.ts';
import { skipOffLinux } from '../skip.ts';
import { WHOLE } from '../whole.ts';
import { Fleet, Listener, UPGRADED } from './tools.ts';

const phase = (name: string) => (line: { event: string; phase?: string }) => line.phase === name;

describe('the fleet as a process', function () {
  this.timeout(30_000);

  it('goes through its phases, tells its progress, and ends with code 0', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 1000, PAUSE_MS: 50 });
    await using fleet = new Fleet({ TARGET_PORT: gateway.port, USERS: 200, PROGRESS_MS: 20 });
    const { code, stderr, report } = await fleet.ended;
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(report.phases, ['ready', 'load', 'settled', 'betting', 'done']);
    assert.deepEqual(report.counts, { 'open open': 200 });
    assert.deepEqual(report.done.bets, { placed: 200, acked: 200, rejected: 0 });
    assert.deepEqual(report.done.bottlenecks, []);
    const last = report.of('progress').at(-1);
    assert.deepEqual([last?.asked, last?.started, last?.open, last?.failed], [200, 200, 200, 0]);
    assert.equal(last?.self.processes, 1);
    const { rss, cpuMicros, descriptors } = last.self as OwnSelf;
    assert.ok(rss > 1e7 && cpuMicros > 0 && descriptors > 200);
  });

  it('spreads the start over RAMP', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({ TARGET_PORT: listener.port, USERS: 20, RAMP: '400ms', ROUNDS: 0 });
    const { report } = await fleet.ended;
    const from = report.of('phase').find(({ phase }) => phase === 'load')?.at ?? Number.NaN;
    report.users.forEach(({ startedAt: at }, i) => {
      // Never early; how late depends on the machine, for the first as well.
      assert.ok(at - from >= i * 20 - 2, `user ${i} after ${at - from} ms`);
    });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`at ${signal} accounts for everybody: open, on the way, not started`, async () => {
      let n = 0;
      await using listener = await Listener.start((socket) => {
        if (n++ % 2 === 0) return;
        socket.once('data', (request) => answer(socket, request));
        socket.on('end', () => socket.end());
      });
      await using fleet = new Fleet({
        TARGET_PORT: listener.port,
        USERS: 100,
        RAMP: '60s',
        PROGRESS_MS: 20,
        CONNECT_TIMEOUT_MS: 60_000,
      });
      await fleet.until((line) => line.event === 'progress' && line.open >= 1 && line.started > line.open);
      fleet.child.kill(signal);
      const { code, report } = await fleet.ended;
      assert.equal(code, 0);
      assert.equal(report.users.length, 100);
      assert.equal(report.done.interrupted, true);
      const {
        'open open': open = 0,
        'other connect': unstarted = 0,
        'other upgrade': waiting = 0,
      } = report.counts;
      assert.ok(open >= 1 && unstarted >= 90 && waiting >= 1, JSON.stringify(report.counts));
      assert.equal(open + unstarted + waiting, 100);
      for (const { outcome, detail } of report.users)
        if (outcome === 'other') assert.equal(detail, 'interrupted');
    });
  }

  it('waits for the moment that it is told, and no longer when it is to end', async () => {
    await using listener = await Listener.answering(UPGRADED);
    const env = { TARGET_PORT: listener.port, USERS: 3, ROUNDS: 0, COORDINATED: 'stdin' };
    const waits = (line: { event: string }) => line.event === 'waiting';
    await using early = new Fleet(env);
    await early.until(waits);
    early.child.stdin?.write(`load ${Date.now() + 3_600_000}\n`);
    early.child.kill('SIGTERM');
    const { report } = await early.ended;
    assert.deepEqual(report.counts, { 'other connect': 3 });
    await using fleet = new Fleet(env);
    await fleet.until(waits);
    const moment = Date.now() + 300;
    fleet.child.stdin?.write(`load ${moment}\nbetting\ndone 5\n`);
    const { report: late } = await fleet.ended;
    const began = late.of('phase').find(({ phase }) => phase === 'load')?.at ?? 0;
    assert.ok(began >= moment, `${moment - began} ms before`);
    assert.deepEqual(late.counts, { 'open open': 3 });
  });

  it('ends when stdin does, if that is its lifeline', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({
      TARGET_PORT: listener.port,
      USERS: 3,
      HOLD_MS: 60_000,
      LIFELINE: 'stdin',
    });
    await fleet.until(phase('settled'));
    fleet.child.stdin?.end();
    const { code, report } = await fleet.ended;
    assert.equal(code, 0);
    assert.deepEqual(report.counts, { 'open open': 3 });
  });

  it('ends when nobody reads its lines any more', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({ TARGET_PORT: listener.port, USERS: 3, HOLD_MS: 60_000, PROGRESS_MS: 20 });
    await fleet.until(phase('settled'));
    fleet.child.stdout?.destroy();
    assert.equal((await fleet.ended).code, 0);
  });

  it('uses every source address in turn', async () => {
    // macOS has no other loopback addresses than 127.0.0.1.
    const addresses = process.platform === 'linux' ? ['127.0.0.2', '127.0.0.3'] : ['127.0.0.1'];
    const from: (string | undefined)[] = [];
    await using listener = await Listener.answering(UPGRADED, (socket) => from.push(socket.remoteAddress));
    await using fleet = new Fleet({
      TARGET_PORT: listener.port,
      USERS: 10,
      ROUNDS: 0,
      SOURCE_ADDRESSES: addresses.join(),
    });
    const { report } = await fleet.ended;
    assert.deepEqual(report.counts, { 'open open': 10 });
    for (const address of addresses) {
      assert.equal(from.filter((one) => one === address).length, 10 / addresses.length);
    }
    assert.equal(report.done.self.ports.addresses, addresses.length);
  });

  it('knows that its own descriptors were the limit, to the user', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({ TARGET_PORT: listener.port, USERS: 100, ROUNDS: 0, SHARDS: 1 }, 64);
    const { code, report } = await fleet.ended;
    assert.equal(code, 0);
    const { 'open open': open = 0, 'no-fd connect': none = 0 } = report.counts;
    assert.equal(open + none, 100);
    assert.ok(open > 20 && open < 64, `${open}`);
    const { self, bottlenecks: found } = report.done;
    assert.equal(self.nofile, 64);
    assert.deepEqual(found, [
      { what: 'descriptors', says: 'robots out of descriptors: nofile 64 in 1 process(es)', users: none },
    ]);
    assert.equal(report.users.find(({ outcome }) => outcome === 'no-fd')?.errno, 'EMFILE');
  });

  it('says so when it has not even the descriptors to start', async () => {
    await using fleet = new Fleet({ USERS: 1 }, 16);
    const { code, stderr } = await fleet.ended;
    assert.notEqual(code, 0);
    assert.doesNotMatch(stderr, /\n.*\n/);
  });
});

describe('one user more than the gateway has descriptors for', function () {
  this.timeout(60_000);
  const TIMES = WHOLE ? 5 : 2;

  for (const nofile of [64, 256]) {
    it(`nofile ${nofile}: exactly one fails, by reset, each time`, async () => {
      for (let repeat = 0; repeat < TIMES; repeat++) {
        await using gateway = new Gateway({ ROUND_MS: 500 }, nofile);
        const { port, descriptorsAtRest } = await gateway.next('listening');
        const room = nofile - descriptorsAtRest.filter((fd) => fd < nofile).length;
        await using fleet = new Fleet({ TARGET_PORT: port, USERS: room + 1, ROUNDS: 0 });
        const { report } = await fleet.ended;
        assert.deepEqual(report.counts, { 'open open': room, 'reset upgrade': 1 });
      }
    });
  }
});

describe('shards', function () {
  this.timeout(30_000);

  it('are one fleet: common phases, all users, summed counts', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 1000, PAUSE_MS: 50 });
    await using fleet = new Fleet({
      TARGET_PORT: gateway.port,
      USERS: 100,
      SHARDS: 3,
      USER_ID_BASE: 500,
      PROGRESS_MS: 20,
    });
    const { code, stderr, report } = await fleet.ended;
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(report.phases, ['ready', 'load', 'settled', 'betting', 'done']);
    assert.deepEqual(
      report.users.map(({ id }) => id),
      Array.from({ length: 100 }, (_, i) => 500 + i),
    );
    assert.deepEqual(report.counts, { 'open open': 100 });
    assert.deepEqual(report.done.bets, { placed: 100, acked: 100, rejected: 0 });
    assert.deepEqual([report.done.asked, report.done.open, report.done.self.processes], [100, 100, 3]);
    assert.equal(report.of('progress').at(-1)?.open, 100);
  });

  it('are as many as the descriptors need', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({ TARGET_PORT: listener.port, USERS: 150, ROUNDS: 0 }, 100);
    const { report } = await fleet.ended;
    assert.deepEqual(report.counts, { 'open open': 150 });
    assert.ok(report.done.self.processes > 1);
    assert.deepEqual(report.done.bottlenecks, []);
  });

  it('that die leave a line for each of their users', async function () {
    skipOffLinux(this, 'processes are found in /proc');
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({
      TARGET_PORT: listener.port,
      USERS: 10,
      SHARDS: 2,
      ROUNDS: 0,
      HOLD_MS: 1000,
    });
    await fleet.until(phase('settled'));
    const { pid } = fleet.child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    assert.equal(children.length, 2);
    process.kill(children[0] as number, 'SIGKILL');
    const { code, report } = await fleet.ended;
    assert.equal(code, 0);
    assert.deepEqual(report.counts, { 'open open': 5, 'other connect': 5 });
    assert.match(report.users.find(({ outcome }) => outcome === 'other')?.detail ?? '', /SIGKILL/);
    assert.deepEqual([report.done.open, report.done.failed], [5, 5]);
  });

  it('at SIGTERM account for everybody and are gone', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({
      TARGET_PORT: listener.port,
      USERS: 40,
      SHARDS: 2,
      RAMP: '60s',
      PROGRESS_MS: 20,
    });
    await fleet.until((line) => line.event === 'progress' && line.open >= 2);
    fleet.child.kill('SIGTERM');
    const { code, report } = await fleet.ended;
    assert.equal(code, 0);
    assert.equal(report.users.length, 40);
    assert.equal(report.done.interrupted, true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(listener.sockets.size, 0);
  });
});

describe('bottlenecks', () => {
  const self: FleetSelf = {
    processes: 1,
    nofile: 100,
    room: 80,
    descriptors: 100,
    ports: { first: 40_000, last: 40_999, addresses: 2 },
    loop: { p50: 0, p99: 0, max: 0 },
    rss: 0,
    cpuMicros: 0,
  };
  const users = (...failed: ('no-fd' | 'no-port' | 'timeout' | 'reset' | undefined)[]) =>
    failed.map((outcome) => ({ failure: outcome && { outcome } }));

  it('are none while users fail by others', () => {
    assert.deepEqual(bottlenecks(self, 12_000, users('reset', 'timeout', undefined)), []);
  });

  it('name ports and descriptors with their users', () => {
    const found = bottlenecks(self, 12_000, users('no-port', 'no-fd', 'no-port'));
    assert.deepEqual(
      found.map(({ what, users: count }) => [what, count]),
      [
        ['descriptors', 1],
        ['ports', 2],
      ],
    );
    assert.match(found[1]?.says ?? '', /40000-40999 on 2 address/);
  });

  it('name the loop when it took a quarter of the deadline', () => {
    const slow = (max: number) =>
      bottlenecks({ ...self, loop: { p50: 0, p99: 0, max } }, 12_000, users('timeout'));
    assert.deepEqual(slow(3000), []);
    assert.equal(slow(3001)[0]?.what, 'loop');
    assert.equal(slow(3001)[0]?.users, 1);
  });
});

function answer(socket: Socket, request: Buffer): void {
  socket.on('data', (frame) => frame[0] === 0x88 && socket.end());
  const key = /^Sec-WebSocket-Key: (.*)$/im.exec(request.toString('latin1'))?.[1] ?? '';
  socket.write(UPGRADED.replace('{accept}', acceptOf(key.trim())), 'latin1');
}

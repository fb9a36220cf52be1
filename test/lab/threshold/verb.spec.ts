import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { ThresholdsDocument } from '../../../lab/threshold/threshold-document.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, scratch, startLab } from '../cli/lab.ts';

const it = oneIn(3);

describe('lab threshold', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);
  const folder = scratch();
  const on = (...args: string[]) => ['threshold', '--runtime', 'netns', '--runs', folder(), ...args];
  const bare = (...args: string[]) => ['threshold', '--runs', folder(), ...args];

  it('capacities: measured as the law says, to the user, one JSON document', async () => {
    const { code, stdout, stderr } = await lab(
      on('--vary', 'somaxconn=300', '--set', 'backlog=64', '--json'),
    );
    assert.equal(code, 0, stderr);
    const document = JSON.parse(stdout) as ThresholdsDocument;
    assert.equal(document.vary, 'somaxconn');
    assert.deepEqual(
      document.points.map(({ value, measured, predicted, error }) => [value, measured, predicted, error]),
      [['300', 65, 65, 0]],
    );
    const [point] = document.points;
    assert.equal(point?.limitedBy, 'accept-queue');
    assert.equal(point.limit, 'capacity');
    assert.equal(point.settings.somaxconn, 300, 'in force');
    const path = document.path as string;
    assert.deepEqual(JSON.parse(readFileSync(join(path, 'threshold.json'), 'utf8')), document);
    assert.equal(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')).complete, true);
    assert.ok(existsSync(join(path, 'report.html')));
  });

  for (const [vary, other, expected] of [
    // 64 less the 23 of the gateway and its listener; the larger queue holds more than that.
    ['somaxconn=20,100', 'nofile=64', ['accept-queue 21', 'descriptors 41']],
    ['ip_local_port_range=40000-40099', 'nofile=120', ['descriptors 97']],
  ] as const) {
    it(`two laws at once, ${vary} and ${other}: the one that holds fewer, to the user`, async () => {
      const { code, stdout, stderr } = await lab(on('--vary', vary, '--set', other, '--json'));
      assert.equal(code, 0, stderr);
      const { points } = JSON.parse(stdout) as ThresholdsDocument;
      assert.deepEqual(
        points.map(({ limitedBy, measured }) => `${limitedBy} ${measured}`),
        expected,
      );
      for (const { error, limit } of points) assert.deepEqual([error, limit], [0, 'capacity']);
    });
  }

  it('a rate: users who come slowly do not fail, the burst is bisected, and its law has an error', async function (this: Mocha.Context) {
    // A machine whose robots get no processor for a while makes no burst.
    this.retries(3);
    const slow = ['--set', 'backlog=8', '--set', 'handshake_cost_ms=50', '--failure', 'waited'];
    const { code, stdout, stderr } = await lab(
      on('--vary', 'tcp_fin_timeout=60', ...slow, '--users', '24', '--json'),
    );
    assert.equal(code, 0, stderr);
    const [point] = (JSON.parse(stdout) as ThresholdsDocument).points;
    assert.ok(point);
    assert.equal(point.limit, 'rate');
    assert.equal(point.method, 'bisection');
    assert.equal(point.limitedBy, 'accept-rate');
    // What fits the queue is safe at any rate; nothing near 24 is at this one.
    const { measured = 0, failsAt = 0, predicted } = point;
    assert.ok(measured !== null && failsAt !== null && measured >= 8 && failsAt === measured + 1);
    assert.ok(predicted !== null && point.error === measured - predicted);
    assert.ok(point.trials.some(({ pace, failed }) => pace === 'slow' && failed === 0));
  });

  it('a table for people, with the law, and what nothing limits up to --users', async () => {
    const { code, stdout, stderr } = await lab(on('--vary', 'max_payload=1024', '--users', '40'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /max_payload +measured +predicted +error +limited by +loads/);
    assert.match(stdout, /1024 +≥ 40 +\d+ +- +nothing/);
  });

  it('interrupted: keeps the points that it has, and says so', async () => {
    const { child, ended, result } = startLab(on('--vary', 'nofile=64,8000,8001', '--json'));
    child.stderr?.on('data', () => {
      if (result.stderr.includes('(1 of 3')) child.kill('SIGINT');
    });
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 130);
    assert.match(stderr, /1 of 3, about [\d.]+ (s|ms) left/);
    const document = JSON.parse(stdout) as ThresholdsDocument;
    assert.equal(document.complete, false);
    assert.deepEqual(
      document.points.map(({ value, error }) => [value, error]),
      [['64', 0]],
    );
    assert.deepEqual(
      JSON.parse(readFileSync(join(document.path as string, 'threshold.json'), 'utf8')),
      document,
    );
  });

  for (const [args, says] of [
    [[], /^lab: threshold: of what\? allowed: --vary .*, or --url, --port, --pid or --container/],
    [['--vary', 'nofile=64', '--port', '80'], /^lab: --vary and --port: .*; allowed: one of them/],
    [['--vary', 'nofile=64', '--up-to', '80'], /^lab: --vary and --up-to: .*; allowed: one of them/],
    [['--url', 'ws://127.0.0.1:1/', '--port', '1'], /--url and --port: the URL says it/],
    [['--port', '1', '--set', 'nofile=64'], /--set: it is of the gateway of the lab/],
    [['--port', '1', '--users', '64'], /--users: it is of the gateway of the lab.*allowed: --up-to/],
    [['--port', '1', '--pid', '1', '--container', 'shop'], /--pid and --container name two servers/],
    [['--port', '1', '--failure', 'bad'], /--failure bad: allowed: failed, waited/],
    [['--url', 'ws://192.0.2.1:80/'], /192\.0\.2\.1 is not of this machine.*--i-may 192\.0\.2\.1/],
    [['--port', '1'], /--port 1: nobody listens/],
    [['--vary', 'nofile=64', '--failure', 'bad'], /--failure bad: allowed: failed, waited/],
    [['--vary', 'nofile=64,24'], /--vary: nofile=24: allowed: a whole number from 25/],
    [['--vary', 'nofile=64', '--users', '0'], /--users: users=0/],
    [['--vary', 'nofile=64', '--vary', 'somaxconn=8'], /--vary: given twice \(nofile=64 and somaxconn=8\)/],
    [['--vary', 'cap_silent=0,1'], /--vary: cap_silent=1: does nothing here; allowed: .* max_connections/],
    [['--vary', 'nofile=64', '--set', 'waiting=5'], /--set: waiting=5: does nothing here/],
  ] as const) {
    it(`${args.join(' ') || 'without --vary'}: one line, exit 2`, async () => {
      const { code, stdout, stderr } = await lab((args[0] === '--vary' ? on : bare)(...args));
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }
});

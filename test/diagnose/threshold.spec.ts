import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import type { ServerThresholdDocument } from '../../lab/threshold/strangers/server-threshold-document.ts';
import { scratch, startLab } from '../lab/cli/lab.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { buildGo, Place, skipWithout, sleep } from './place.ts';

const it = oneIn(5);

const NODE = [process.execPath, join(PROJECT_ROOT, 'test/diagnose/servers/node.ts')];
const QUICK = ['--timeout', '2s', '--hold', '300ms', '--up-to', '100'];

describe('lab threshold: of servers that are not ours', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);
  const folder = scratch();
  let place: Place;
  before(async () => {
    place = await Place.make();
  });
  after(() => place?.[Symbol.asyncDispose]());

  /** Starts the search in the server's namespace, or with no `prefix` from outside. */
  const start = (args: string[], prefix: string[] = place.enter) =>
    startLab(['threshold', '--json', '--runs', folder(), ...QUICK, ...args], { prefix });

  async function search(args: string[], prefix?: string[]) {
    const { code, stdout, stderr } = await start(args, prefix).ended;
    assert.notEqual(stdout, '', stderr);
    const document = JSON.parse(stdout) as ServerThresholdDocument;
    const [point] = document.points;
    assert.ok(point);
    return { code, stderr, document, point };
  }

  it('Node with few descriptors: nofile − those at rest, to the user, others that stay among them', async () => {
    const pid = await place.serve(NODE, 9100, { nofile: 64 });
    // One that was inherited with a higher number costs nobody a place.
    const atRest =
      (await settled(() => readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) < 64).length)) + 3;
    const people = await others(place, 9100, 'one(); one(); one();', 3);
    const { code, document, point, stderr } = await search(['--url', 'http://localhost:9100/']);
    people.kill();
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      [point.measured, point.predicted, point.error, point.failsAt],
      [64 - atRest, 64 - atRest, 0, 64 - atRest + 1],
    );
    assert.deepEqual(
      [point.limitedBy, point.limit, point.settings.nofile],
      ['fd-exhaustion', 'capacity', 64],
    );
    assert.deepEqual(
      [document.atRest, document.target.pid, document.target.url, document.load.kind],
      [3, pid, 'http://localhost:9100/', 'http'],
    );
    assert.match(
      stderr,
      /watching node on port 9100; 3 connections of others stay, and count as open at start/,
    );
    // The folder holds the lines of the smallest load that failed, and no others.
    const path = document.path as string;
    const failing = point.trials.filter(({ failed, pace }) => failed > 0 && pace === 'burst');
    const lines = readFileSync(join(path, 'users.ndjson'), 'utf8').trim().split('\n');
    assert.equal(lines.length, Math.min(...failing.map(({ users }) => users)));
    assert.ok(existsSync(join(path, 'report.html')) && existsSync(join(path, 'samples.ndjson')));
    assert.deepEqual(
      readdirSync(path).filter((name) => name.startsWith('load-')),
      [],
    );
    assert.deepEqual(JSON.parse(readFileSync(join(path, 'threshold.json'), 'utf8')), document);
  });

  describe('nginx', () => {
    skipWithout('nginx');
    it('worker_connections: two less, which are its own; the measured number is the limit', async () => {
      await place.serve(['nginx', '-e', 'stderr', '-c', nginx(place, 9101, 60)], 9101);
      // In a burst it would throw out the oldest of those who have not asked yet.
      const { code, point } = await search(['--port', '9101', '--kind', 'http', '--ramp', '3s']);
      assert.deepEqual(
        [code, point.measured, point.limitedBy, point.limit, point.predicted],
        [0, 58, 'connection-cap', 'capacity', null],
      );
      assert.match(point.notPredicted ?? '', /a limit that the server sets itself/);
    });
  });

  describe('Go', () => {
    skipWithout('go');
    it('a LimitListener: as many as it lets in; found by its pid, from another network namespace', async () => {
      const pid = await place.serve([buildGo(place, 'limited')], 9102, { env: { MOST: '40' } });
      const { code, document, point } = await search(['--pid', String(pid), '--kind', 'http'], []);
      assert.deepEqual(
        [code, point.measured, point.failsAt, point.limitedBy, point.limit],
        [0, 40, 41, 'concurrency-limit', 'capacity'],
      );
      assert.deepEqual([document.target.how, document.target.elsewhere], ['pid', true]);
    });
  });

  it('a server that accepts slowly: a rate, since as many who come slowly do not fail', async () => {
    const env = { ACCEPT_MS: '50', BACKLOG: '512' };
    await place.serve(['python3', join(PROJECT_ROOT, 'test/diagnose/servers/slow-accept.py')], 9103, { env });
    const args = ['--port', '9103', '--kind', 'http', '--timeout', '1s', '--up-to', '40'];
    const { code, point } = await search(args);
    assert.deepEqual([code, point.limit, point.limitedBy], [0, 'rate', 'accept-rate']);
    assert.ok(
      point.trials.some(({ pace, users, failed }) => pace === 'slow' && users === 40 && failed === 0),
    );
    assert.ok(point.measured !== null && point.measured < 40 && point.failsAt !== null);
    assert.match(point.law ?? '', /service rate/);
  });

  it('healthy: at least as many as were tried', async () => {
    await place.serve(NODE, 9104);
    const { code, point } = await search(['--port', '9104', '--kind', 'http']);
    assert.deepEqual(
      [code, point.measured, point.atLeast, point.limit, point.limitedBy, point.failsAt],
      [0, 100, true, 'none', 'nothing', null],
    );
  });

  it('where one user alone fails as well, it is no matter of their number: said so, and exit 1', async () => {
    await place.serve(NODE, 9109);
    const { code, document, point } = await search(['--url', 'ws://127.0.0.1:9109/']);
    assert.deepEqual([code, point.measured, point.failsAt], [1, null, 1]);
    assert.match(document.ended ?? '', /^one user alone fails as well: 1 × HTTP 200 in upgrade$/);
  });

  it('a server that ends under a load: what is known by then, and exit 1', async () => {
    await place.serve(NODE, 9105, { env: { MODE: 'die', AT: '80' } });
    const { code, document, point } = await search(['--port', '9105', '--kind', 'http']);
    assert.deepEqual(
      [code, document.complete, point.measured, point.failsAt, point.limit, point.limitedBy],
      [1, false, 64, 100, null, 'gateway-crash'],
    );
    assert.match(document.ended ?? '', /the server ended during this load: exit code 3/);
  });

  it('a server that keeps what its users leave behind: no other load can follow', async () => {
    await place.serve(['python3', join(PROJECT_ROOT, 'test/diagnose/servers/slow.py')], 9106, {
      env: { ACCEPT_MS: '0', BACKLOG: '128' },
    });
    const { code, document, point } = await search(['--port', '9106']);
    assert.deepEqual([code, document.complete, point.runs], [1, false, 1]);
    assert.match(document.ended ?? '', /64 connections on its port 10 s after all users had left/);
  });

  it('interrupted: keeps what was measured, leaves nothing, and exits with 130', async () => {
    await place.serve(NODE, 9107);
    const { child, ended, result } = start(['--port', '9107', '--kind', 'http', '--hold', '1s']);
    while (!result.stderr.includes('64 users at once: 0 failed')) {
      assert.equal(child.exitCode, null, result.stderr);
      await sleep(20);
    }
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    const document = JSON.parse(stdout) as ServerThresholdDocument;
    assert.deepEqual(
      [code, document.complete, document.ended, document.points[0]?.measured],
      [130, false, 'interrupted', 64],
    );
    assert.equal(
      JSON.parse(readFileSync(join(document.path as string, 'manifest.json'), 'utf8')).complete,
      false,
    );
    assert.equal(place.run('ss -Htn state established sport = :9107'), '');
  });

  it('others who come and go: refused, in one line', async () => {
    await place.serve(NODE, 9108);
    const coming =
      'const come = () => { const it = one(); setTimeout(() => it.end(), 700); }; setInterval(come, 150);';
    const people = await others(place, 9108, coming, 3);
    const { code, stdout, stderr } = await start(['--port', '9108']).ended;
    people.kill();
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(
      stderr,
      /^lab: threshold: connections of others come and go at the server's port \(\d+ to \d+ in 10 s\)/,
    );
    assert.equal(stderr.trim().split('\n').length, 1);
  });
});

/** A number once it has been the same for a while: Node opens and closes a few descriptors as it starts. */
async function settled(read: () => number): Promise<number> {
  let [last, same] = [read(), 0];
  while (same < 20) {
    await sleep(50);
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** A process of somebody else in the namespace, whose script has `one()`, which connects. Gives it once so many are in. */
async function others(place: Place, port: number, script: string, number: number): Promise<ChildProcess> {
  const text = `import { connect } from 'node:net';
    const one = () => connect(${port}, '127.0.0.1').on('connect', () => console.log('in'));
    ${script}`;
  const [command = '', ...args] = [...place.enter, process.execPath, '--input-type=module', '-e', text];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (more) => {
    said += more;
  });
  while (said.split('in').length <= number) await sleep(20);
  return child;
}

/** One worker, whose users are all in the middle of an answer. */
function nginx(place: Place, port: number, connections: number): string {
  place.write('index.html', 'x'.repeat(200_000));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return place.write(
    `nginx-${port}.conf`,
    [
      'daemon off; worker_processes 1;',
      process.getuid?.() === 0 ? 'user root;' : '',
      `pid "${place.folder}/nginx-${port}.pid"; error_log "${place.folder}/error.log";`,
      `events { worker_connections ${connections}; }`,
      'http { access_log off;',
      ...paths.map((name) => `${name}_temp_path "${place.folder}/${name}";`),
      `server { listen 127.0.0.1:${port}; location / { root "${place.folder}"; limit_rate 4k; } } }`,
    ].join('\n'),
  );
}

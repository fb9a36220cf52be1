import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { retryUntil } from '../../../common/waiting.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { ensureBaseImage } from '../../../lab/runtimes/docker/stand-in/base-image.ts';
import { ROOT, run, start, temporaryFolder } from '../../scripts/tools.ts';
import { skipWhenMissing } from '../../skip.ts';
import { isDrawn, oneIn } from '../../whole.ts';

/** Of so many tests one is in the quick form. */
const OF = 2;
const it = oneIn(OF);

const IMAGE = `resetlab-command:test-${process.pid}`;
const NOFILE = 128;
const SERVER = `require('http').createServer((_, answer) => answer.end('ok')).listen(8080, '0.0.0.0', () => console.log('up'))`;
/** More clients than the server has descriptors for, once the port is there. */
const CLIENTS = String.raw`const { connect } = require('net'); let asked = 0;
const timer = setInterval(() => { if ((asked += 1) > 200) return clearInterval(timer);
  connect(8080, '127.0.0.1', function () { this.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'); }).on('error', () => {}); }, 3);
setTimeout(() => process.exit(0), 1500);`;

/** What a row of docs/image.md promises: who the server is, with which flags the lab runs, and how its line `server` begins. */
const ROWS = readFileSync(join(ROOT, 'docs/image.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, shop, flags = '', says = ''] = /^\| (root|user \d+) \| (.+) \| `(.+)` \|$/.exec(line) ?? [];
    return shop === undefined
      ? []
      : [
          {
            shop: shop.replace(/user (\d+)/, '$1:$1'),
            flags: flags === 'none' ? [] : flags.slice(1, -1).split(' '),
            says,
          },
        ];
  });

describe('the image: `docker run IMAGE diagnose …`', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);

  before(async () => {
    const { image } = await ensureBaseImage();
    const args = ['build', '-q', '--target', 'command', '--build-arg', `BASE=${image}`, '-t', IMAGE, '.'];
    const { code, stderr } = await run('docker', args, { cwd: ROOT });
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    await run('docker', ['rmi', IMAGE]);
  });

  /** A server in a container, as this user; gone when it is disposed. */
  async function serve(user: string) {
    const ulimit = `nofile=${NOFILE}:${NOFILE}`;
    const about = ['--network', 'none', '--user', user, '--ulimit', ulimit, '--entrypoint', 'node'];
    const { stdout, stderr } = await run('docker', ['run', '-d', ...about, IMAGE, '-e', SERVER]);
    const id = stdout.trim();
    assert.notEqual(id, '', stderr);
    const beside = ['--network', `container:${id}`];
    const client = ['run', '--rm', ...beside, '--entrypoint', 'node', IMAGE, '-e', CLIENTS];
    const up = async () => (await run('docker', ['logs', id])).stdout.includes('up') || undefined;
    assert.ok(await retryUntil(up, { everyMs: 100, forMs: 30_000 }), 'it does not listen');
    return {
      id,
      clients: () => run('docker', client),
      lab: (flags: string[], ...words: string[]) =>
        run('docker', ['run', '--rm', ...beside, '--pid', `container:${id}`, ...flags, IMAGE, ...words]),
      async [Symbol.asyncDispose]() {
        await run('docker', ['rm', '-f', id]);
      },
    };
  }

  it('names the cause as an ordinary user: no capability, nothing writable, and one line that no folder is kept', async () => {
    await using server = await serve('1000:1000');
    const strict = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
    const name = `resetlab-test-strict-${process.pid}`;
    const flags = [
      '--rm',
      '--name',
      name,
      '--network',
      `container:${server.id}`,
      '--pid',
      `container:${server.id}`,
    ];
    const { ended, printed } = start('docker', [
      'run',
      ...flags,
      ...strict,
      IMAGE,
      'diagnose',
      '--port',
      '8080',
    ]);
    const watching = async () => printed.stderr.includes('watching') || undefined;
    assert.ok(await retryUntil(watching, { everyMs: 50, forMs: 30_000 }), printed.stderr);
    assert.equal((await server.clients()).code, 0);
    // As Ctrl-C does.
    await run('docker', ['kill', '--signal', 'INT', name]);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^CAUSE +fd-exhaustion: node has no file descriptor left/m);
    assert.match(stdout, /^server +node \(pid 1\) on port 8080; nofile 128,/m);
    assert.doesNotMatch(stdout, /^report:/m);
    assert.deepEqual(
      stderr.split('\n').filter((line) => line.includes('no folder')),
      ['no folder is kept: no volume is mounted at /runs; to keep it: -v "$PWD/runs:/runs"'],
    );
  });

  it('what it sees with which rights: every row of docs/image.md', async () => {
    assert.ok(ROWS.length >= 12, `${ROWS.length} rows`);
    for (const [index, user] of [...new Set(ROWS.map(({ shop }) => shop))].entries()) {
      if (!isDrawn(index, 2, OF)) continue;
      await using server = await serve(user);
      const seen = await Promise.all(
        ROWS.filter(({ shop }) => shop === user).map(async ({ flags, says }) => {
          const { stdout, stderr } = await server.lab(flags, 'diagnose', '--port', '8080', '--for', '300ms');
          const [, line = stderr] = /^server +(.*)$/m.exec(stdout) ?? [];
          return { flags: flags.join(' '), says, line };
        }),
      );
      for (const { flags, says, line } of seen)
        assert.ok(line.startsWith(says), `server of ${user}, flags ${flags}: ${line}`);
    }
  });

  it('leaves its folder in the volume at /runs, by the path that it prints, and writes nothing else', async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o777);
    await using server = await serve('1000:1000');
    const name = `resetlab-test-written-${process.pid}`;
    const flags = ['--name', name, '--network', `container:${server.id}`, '--pid', `container:${server.id}`];
    const words = ['diagnose', '--port', '8080', '--for', '300ms'];
    const { code, stdout, stderr } = await run('docker', [
      ...['run', ...flags, '-v', `${folder.path}:/runs`, IMAGE],
      ...words,
    ]);
    const { stdout: written } = await run('docker', ['diff', name]);
    await run('docker', ['rm', '-f', name]);
    assert.equal(code, 0, stdout + stderr);
    const [, path = ''] = /^report: runs\/(.+)$/m.exec(stdout) ?? [];
    assert.ok(readFileSync(join(folder.path, path), 'utf8').startsWith('<!doctype html>'), stdout);
    assert.doesNotMatch(stderr, /no folder/);
    // The place of the mount itself, and of Docker's own.
    assert.deepEqual(
      written.split('\n').filter((line) => line !== '' && !/^[AC] \/(runs|etc|dev)\b/.test(line)),
      [],
    );
  });

  it('a volume that this user may not write to: one line before anything is watched, exit 2', async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o555);
    const volume = ['run', '--rm', '--network', 'none', '--cap-drop', 'ALL', '-v', `${folder.path}:/runs`];
    const { code, stdout, stderr } = await run('docker', [...volume, IMAGE, 'diagnose', '--port', '8080']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(
      stderr,
      /^resetlab: \/runs: user 1000 may not write to this volume; allowed: .*--user .*\n$/,
    );
  });

  it('runs a failure of its own in it, natively, with the folder in memory; and says what it cannot do', async () => {
    const lab = (...words: string[]) =>
      run('docker', ['run', '--rm', '--network', 'none', '--read-only', IMAGE, ...words]);
    const [made, helped, bare, cleaned, inDocker] = await Promise.all([
      lab('run', 'fd-exhaustion', '--users', '80', '--set', 'nofile=64', '--no-fix'),
      lab('run', '--help'),
      lab(),
      lab('clean'),
      lab('run', '--runtime', 'docker'),
    ]);
    assert.equal(made.code, 0, made.stdout + made.stderr);
    assert.match(made.stdout, /^CAUSE +fd-exhaustion.*^settings +runtime native, nofile 64/ms);
    assert.match(made.stdout, /^report: \/dev\/shm\/runs\//m);
    assert.equal(made.stderr.split('no folder is kept').length, 2, made.stderr);
    assert.deepEqual([helped.code, helped.stderr], [0, '']);
    assert.match(bare.stdout, /^Usage: /);
    for (const { code, stderr } of [cleaned, inDocker]) {
      assert.equal(code, 3, stderr);
      assert.equal(
        stderr
          .trim()
          .split('\n')
          .filter((line) => !line.includes('no folder is kept')).length,
        1,
        stderr,
      );
    }
  });

  it('as the action starts it: beside the processes of this machine, with its folder as its user', async () => {
    using folder = temporaryFolder();
    const output = join(folder.path, 'output');
    writeFileSync(output, '');
    const inputs = { RUN: 'run fd-exhaustion --users 80 --set nofile=64 --no-fix', RUNS: 'runs', IMAGE };
    const names = ['RUN', 'EXPECT', 'JUNIT', 'RUNS', 'VERSION', 'IMAGE', 'ACTION'] as const;
    const given: Record<string, string> = { ...inputs, ACTION: ROOT };
    const { code, stdout, stderr } = await run('bash', [join(ROOT, '.github/action/run.sh')], {
      cwd: folder.path,
      env: {
        ...process.env,
        GITHUB_OUTPUT: output,
        ...Object.fromEntries(names.map((name) => [`RESETLAB_${name}`, given[name] ?? ''])),
      },
    });
    assert.equal(code, 0, stdout + stderr);
    const [, report = ''] = /^report=(.*)$/m.exec(readFileSync(output, 'utf8')) ?? [];
    assert.match(readFileSync(output, 'utf8'), /^exit-code=0\n.*^cause=fd-exhaustion\nthreshold=\d+\n/ms);
    assert.equal(statSync(report).uid, process.getuid?.());
  });

  it('as Kubernetes starts it: by the name of its entry, as a user whom it can tell from root', async () => {
    const { stdout } = await run('docker', ['image', 'inspect', '-f', '{{.Config.User}}', IMAGE]);
    assert.match(stdout, /^[1-9]\d*(:\d+)?\n$/);
    const named = ['run', '--rm', '--network', 'none', '--entrypoint', 'resetlab', IMAGE, 'list', '--json'];
    assert.ok(JSON.parse((await run('docker', named)).stdout).causes.length > 0);
  });
});

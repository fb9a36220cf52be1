import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CannotRunError, foreseen, UsageError } from '../../../common/errors.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skip, skipOffLinux, skipWhenMissing } from '../../skip.ts';
import { CLI, cleanEnvironment, freePort, lab, type Result, scratch, startLab } from './lab.ts';

/** Runs the lab with a module before it that breaks something: it goes wrong where nobody foresaw it. */
function brokenLab(code: string, args: string[]): Result {
  const preload = `data:text/javascript,${encodeURIComponent(code)}`;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', preload, CLI, ...args],
    { encoding: 'utf8', env: cleanEnvironment() },
  );
  return { code: status, signal, stdout, stderr };
}

const FAULT =
  /^lab: TypeError: broken on purpose\n(\s+at .*\n)+lab: this is a fault of resetlab.*please report it.*\n$/;

describe('lab: a fault of its own is 70, with the stack and where to report it', function () {
  this.timeout(30_000);

  it('in a verb; with --json nothing is on stdout', async () => {
    const { code, stdout, stderr } = brokenLab(
      'JSON.stringify = () => { throw new TypeError("broken on purpose") }',
      ['list', '--json'],
    );
    assert.equal(code, 70);
    assert.equal(stdout, '');
    assert.match(stderr, FAULT);
  });

  for (const [where, code] of [
    ['a timer', 'setTimeout(() => { throw new TypeError("broken on purpose") }, 100).unref()'],
    [
      'a promise that nobody waits for',
      'setTimeout(() => Promise.reject(new TypeError("broken on purpose")), 100).unref()',
    ],
  ] as const) {
    it(`in ${where}, while a verb is at work`, async () => {
      const ended = brokenLab(code, ['troubleshoot', '--for', '20s', '--json']);
      assert.equal(ended.code, 70);
      assert.equal(ended.stdout, '');
      assert.match(ended.stderr.replace(/^looking at .*\n/, ''), FAULT);
    });
  }
});

describe('lab: what the machine says is told in one line', function () {
  this.timeout(30_000);
  const folder = scratch();
  const SMALL = ['run', '--runtime', 'native', '--users', '2', '--set', 'rounds=0', '--json'];

  function oneLine({ code, stdout, stderr }: Result, expected: number, ...parts: string[]): void {
    assert.equal(code, expected, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^lab: [^\n]+\n$/);
    for (const part of parts) assert.ok(stderr.includes(part), `"${part}" is not in: ${stderr}`);
  }

  for (const [what, path, ...parts] of [
    ['below a file', 'file/runs', 'ENOTDIR'],
    ['a file', 'file', 'EEXIST'],
    ['a name that is too long', 'x'.repeat(300), 'ENAMETOOLONG'],
    ['with a folder that is called latest', 'taken', 'EISDIR', 'latest'],
  ] as const) {
    it(`--runs ${what}: 2`, async () => {
      writeFileSync(join(folder(), 'file'), '');
      mkdirSync(join(folder(), 'taken/latest'), { recursive: true });
      const runs = join(folder(), path);
      oneLine(await lab([...SMALL, '--runs', runs]), 2, `--runs ${runs}: `, 'allowed: ', ...parts);
    });
  }

  it('--runs where the kernel makes no folder: 2, and it does not go round for ever', async function () {
    skipOffLinux(this, '/proc');
    oneLine(await lab([...SMALL, '--runs', '/proc/runs/mine']), 2, '--runs /proc/runs/mine: ', 'ENOENT');
  });

  it('a command that is not installed: 3, with its name', async () => {
    const env = { PATH: folder() };
    oneLine(await lab(['clean'], { env }), 3, 'ps: not installed');
  });

  it('the folder that it is started in is gone: 2', async () => {
    const gone = join(folder(), 'gone');
    mkdirSync(gone);
    const { status, stdout, stderr } = spawnSync(
      '/bin/sh',
      ['-c', 'cd "$1" && rmdir "$1" && shift && exec "$@"', 'sh', gone, process.execPath, CLI, ...SMALL],
      { encoding: 'utf8' },
    );
    oneLine({ code: status, signal: null, stdout, stderr }, 2, 'is gone');
  });

  it('a disk that is full: 3', async function () {
    skipOffLinux(this, 'a tmpfs of its own');
    const own = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm'];
    if (spawnSync(own[0] as string, [...own.slice(1), 'true']).status !== 0)
      skip(this, 'this user may not mount');
    const disk = join(folder(), 'disk');
    mkdirSync(disk);
    const mounted =
      'mount -t tmpfs -o size=16k full "$1" && cat /dev/zero > "$1/rest" 2>/dev/null; shift; exec "$@"';
    const { code, stdout, stderr } = await lab(
      [...SMALL, '--runs', disk, '--set', `port=${await freePort()}`],
      {
        prefix: [...own, 'sh', '-c', mounted, 'sh', disk],
      },
    );
    assert.equal(code, 3, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^lab: --runs [^\n]+: the disk is full \(ENOSPC\); nothing was started\n$/);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });

  it('a stdout that is full: 3', async function () {
    skipOffLinux(this, '/dev/full');
    const { status, stderr } = spawnSync(
      '/bin/sh',
      ['-c', `exec "$@" > /dev/full`, 'sh', process.execPath, CLI, 'list'],
      {
        encoding: 'utf8',
      },
    );
    oneLine({ code: status, signal: null, stdout: '', stderr }, 3, 'ENOSPC');
  });

  it('a reader of stdout that has gone is no error, and the exit code stands', async () => {
    for (const args of [['list'], ['list', '--json']]) {
      const { child, ended } = startLab(args);
      child.stdout?.destroy();
      const { code, stderr } = await ended;
      assert.equal(stderr, '');
      assert.equal(code, 0);
    }
  });
});

describe('lab: a network namespace that cannot be set up', function () {
  this.timeout(30_000);
  skipWhenMissing(netns);
  const folder = scratch();

  it('is the machine, not the usage: 3', async () => {
    const ip = join(folder(), 'ip');
    writeFileSync(ip, '#!/bin/sh\necho "ip: no such device" >&2\nexit 1\n');
    chmodSync(ip, 0o755);
    const env = { PATH: `${folder()}:${process.env.PATH}` };
    const args = ['run', '--runtime', 'netns', '--users', '2', '--runs', join(folder(), 'runs')];
    const { code, stderr } = await lab(args, { env });
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^lab: network namespace: ip: no such device\n$/m);
  });
});

describe('foreseen', () => {
  const system = (code: string, syscall: string) =>
    Object.assign(new Error(`${code}: said`), { code, syscall });

  it('gives what is told in one line, and nothing for what nobody thought of', () => {
    const usage = new UsageError('what, where');
    assert.equal(foreseen(usage), usage);
    for (const error of [
      new TypeError('x is not a function'),
      new Error('nothing was watched'),
      system('ENOENT', 'open'),
      system('ERR_INVALID_ARG_TYPE', ''),
      'a string',
      undefined,
    ])
      assert.equal(foreseen(error), undefined, String(error));
    for (const error of [system('EACCES', 'open'), system('EMFILE', 'open'), system('ENOENT', 'connect')])
      assert.ok(foreseen(error) instanceof CannotRunError, error.message);
  });

  it("an answer of the engine's is the machine's, in one line", () => {
    const answer = Object.assign(new Error('(HTTP code 500) server error - no\n  address pool'), {
      statusCode: 500,
    });
    const told = foreseen(answer);
    assert.ok(told instanceof CannotRunError);
    assert.equal(told.message, 'docker: (HTTP code 500) server error - no address pool');
  });

  it('a spawn that fails names the command', () => {
    let thrown: unknown;
    try {
      execFileSync(join(dirname(CLI), 'no-such-command'));
    } catch (error) {
      thrown = error;
    }
    assert.match(foreseen(thrown)?.message ?? '', /no-such-command: not installed/);
  });

  it('of two errors, the second in the ending, the first is told, unless one of them is a fault', async () => {
    const both = async (inside: Error, ending: Error): Promise<unknown> => {
      try {
        await using _ = {
          async [Symbol.asyncDispose]() {
            throw ending;
          },
        };
        throw inside;
      } catch (error) {
        return error;
      }
    };
    const first = new CannotRunError('first');
    assert.equal(foreseen(await both(first, system('ECONNREFUSED', 'connect'))), first);
    assert.equal(foreseen(await both(first, new TypeError('broken'))), undefined);
    assert.equal(foreseen(await both(new TypeError('broken'), first)), undefined);
  });
});

import assert from 'node:assert/strict';
import { constants, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipOffLinux } from '../skip.ts';
import { ROOT, run, start, temporaryFolder, until } from './tools.ts';

const INIT = join(ROOT, 'docker/init.sh');

function exitLine(text: string) {
  const line = JSON.parse(text.trim().split('\n').at(-1) ?? '');
  assert.equal(line.event, 'exit');
  // The clock may have no more than seconds here.
  assert.ok(Math.abs(Date.now() - line.at) < 5000, `at is not now: ${line.at}`);
  return { code: line.code, signal: line.signal };
}

/** Processes whose parent is `pid`. */
function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return new RegExp(`^PPid:\\s*${pid}$`, 'm').test(readFileSync(`/proc/${name}/status`, 'utf8'));
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('docker/init.sh', () => {
  it('writes how the child ended, and ends with its code', async () => {
    const ended = await run(INIT, ['sh', '-c', 'echo work; exit 3']);
    assert.equal(ended.code, 3);
    assert.match(ended.stdout, /^work\n/);
    assert.deepEqual(exitLine(ended.stdout), { code: 3, signal: null });
  });

  it('names the signal that ended the child', async () => {
    const ended = await run(INIT, ['sh', '-c', 'kill -KILL $$']);
    assert.equal(ended.code, 137);
    assert.deepEqual(exitLine(ended.stdout), { code: null, signal: 'SIGKILL' });
  });

  it('says that a command does not exist, and that none was given', async () => {
    assert.equal((await run(INIT, ['/no/such/command'])).code, 127);
    const nothing = await run(INIT, []);
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /^init: nothing to run.*\n$/);
  });

  it('gives a word that is no program to the lab, whose own its stdout is then', async () => {
    const verb = await run(INIT, ['list']);
    assert.equal(verb.code, 0, verb.stderr);
    assert.match(verb.stdout, /fd-exhaustion/);
    assert.doesNotMatch(verb.stdout, /"event":"exit"/);
    const unknown = await run(INIT, ['no-such-verb']);
    assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /^lab: .*no-such-verb.*\n$/);
  });

  it('gives the child its stdin', async () => {
    const { child, ended } = start(INIT, ['cat'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end('from outside\n');
    assert.match((await ended).stdout, /^from outside\n/);
  });

  for (const to of ['stdout', 'a pipe'] as const) {
    it(`gives the child no descriptor beside stdin, stdout and stderr (to ${to})`, async function () {
      skipOffLinux(this, 'descriptors are counted in /proc');
      using folder = temporaryFolder();
      const look = ['-c', 'ls /proc/self/fd'];
      const said =
        to === 'stdout'
          ? (await run(INIT, ['sh', ...look])).stdout
          : (await throughPipes(folder.path, ['sh', ...look])).said;
      const numbers = (text: string) => text.split('\n').filter((line) => /^\d+$/.test(line));
      // Descriptors that this very test run was given are passed on by everybody: compare with a run without init.
      const without = await run('sh', look);
      assert.deepEqual(numbers(said), numbers(without.stdout));
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`forwards ${signal} and waits for the child's own end`, async () => {
      const script = `process.once('${signal}', () => setTimeout(() => process.exit(9), 200));
        setInterval(() => {}, 1000); console.log('ready')`;
      const { child, ended, printed } = start(INIT, [process.execPath, '-e', script]);
      await until(() => printed.stdout.includes('ready'));
      child.kill(signal);
      assert.equal((await ended).code, 9);
      assert.deepEqual(exitLine(printed.stdout), { code: 9, signal: null });
    });
  }

  it('writes output and exit line to the pipe LINES_TO, and nothing to stdout', async () => {
    using folder = temporaryFolder();
    const { said, stdout, code } = await throughPipes(folder.path, ['sh', '-c', 'echo line; exit 6']);
    assert.equal(stdout, '');
    assert.match(said, /^line\n/);
    assert.deepEqual(exitLine(said), { code: 6, signal: null });
    assert.equal(code, 6);
    for (const name of ['LINES_TO', 'LINGER_UNTIL']) {
      const impossible = await run(INIT, ['echo'], {
        env: { ...process.env, [name]: '/no/such/folder/x' },
      });
      assert.equal(impossible.code, 2);
      assert.equal(impossible.stderr, `init: ${name}=/no/such/folder/x can not be made\n`);
    }
  });

  it('keeps the word that it may go until the child has ended', async () => {
    using folder = temporaryFolder();
    const { said } = await throughPipes(folder.path, ['sh', '-c', 'echo first; sleep 1; echo last'], {
      early: true,
    });
    assert.match(said, /^first\nlast\n\{"event":"exit"/);
  });

  it('with LINGER stays after the child without using the CPU, until TERM, and leaves nothing', async () => {
    const { child, ended, printed } = start(INIT, ['sh', '-c', 'exit 4'], {
      env: { ...process.env, LINGER: '1' },
    });
    await until(() => printed.stdout.includes('"exit"'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(child.exitCode, null);
    const left = childrenOf(child.pid);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 4);
    for (const pid of left) await until(() => !isAlive(pid));
  });

  it('with LINGER ends with the child when TERM was meant for both', async () => {
    const { child, ended, printed } = start(
      INIT,
      [process.execPath, '-e', 'console.log(1); setInterval(() => {}, 1e3)'],
      {
        env: { ...process.env, LINGER: '1' },
      },
    );
    await until(() => printed.stdout.includes('1'));
    child.kill('SIGTERM');
    assert.equal((await ended).code, 143);
  });

  it('with LIFELINE=stdin stays no longer than stdin is open', async () => {
    const { child, ended, printed } = start(INIT, ['sh', '-c', 'exit 5'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LINGER: '1', LIFELINE: 'stdin' },
    });
    await until(() => printed.stdout.includes('"exit"'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(child.exitCode, null);
    child.stdin?.end();
    assert.equal((await ended).code, 5);
  });
});

/** Runs init with its pipes in that folder. Gives what it wrote to the one, once it was told by the other that it may go, `early` or when it has all. */
async function throughPipes(
  folder: string,
  command: string[],
  { early = false } = {},
): Promise<{ said: string; stdout: string; code: number | null }> {
  const [LINES_TO, LINGER_UNTIL] = [join(folder, 'lines'), join(folder, 'end')];
  const { ended } = start(INIT, command, { env: { ...process.env, LINES_TO, LINGER: '1', LINGER_UNTIL } });
  await until(() => existsSync(LINGER_UNTIL));
  // What is written meanwhile nobody reads.
  await sleep(300);
  if (early) writeFileSync(LINGER_UNTIL, 'end\n');
  const fd = openSync(LINES_TO, constants.O_RDONLY | constants.O_NONBLOCK);
  let said = '';
  const pipe = new Socket({ fd, readable: true, writable: false }).on('data', (chunk) => {
    said += chunk;
  });
  await until(() => said.includes('"exit"'));
  pipe.destroy();
  if (!early) writeFileSync(LINGER_UNTIL, 'end\n');
  const { stdout, code } = await ended;
  return { said, stdout, code };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

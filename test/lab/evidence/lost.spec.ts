import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { LineReader } from '../../../protocol/ndjson-reader.ts';
import type { HolderSample, ObservedLine, ObserverLine } from '../../../protocol/observer-events.ts';
import { Place, skipWithout, sleep } from '../../diagnose/place.ts';
import { skipWhenMissing } from '../../skip.ts';
import { scratch, startLab } from '../cli/lab.ts';

const PORT = 8080;

describe('evidence: an observer that ends too early', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();

  it('kill -9 on it: what it would have told is not ruled out, and the reason is there', async () => {
    const load = ['--users', '50', '--set', 'rounds=0', '--set', 'hold_ms=2000', '--runtime', 'netns'];
    const { child, ended, result } = startLab(['run', ...load, '--json', '--runs', folder()]);
    await until(() => result.stderr.includes('50 open') || child.exitCode !== null);
    process.kill(startedBy(child.pid as number, 'lab/evidence/observer.ts'), 'SIGKILL');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stderr);
    const { users, verdicts } = JSON.parse(stdout) as VerdictDocument;
    assert.equal(users.open, 50);
    for (const id of ['fd-exhaustion', 'accept-queue-drop', 'loopback-interface']) {
      const { verdict, against } = verdicts.find(({ cause }) => cause === id) ?? assert.fail(id);
      assert.equal(verdict, 'insufficient-data', id);
      assert.match(
        against[0]?.says ?? '',
        /^samples cover only .+ of the .+ of load: the observer ended by itself \(SIGKILL\)$/,
      );
    }
  });
});

/** Two processes that share a listener; the second's pid goes into the file that is named. */
const TWO = [
  'import os, socket, sys, time',
  `s = socket.create_server(("127.0.0.1", ${PORT}))`,
  'child = os.fork()',
  'if child: open(sys.argv[1], "w").write(str(child))',
  'time.sleep(60)',
].join('\n');

describe('evidence: a server whose namespace is seen by its /proc alone', function () {
  this.timeout(30_000);
  skipWhenMissing(netns);
  skipWithout('python3');

  it('when one process ends another shows it; when the last has ended that is told, and nothing more is read', async () => {
    await using place = await Place.make();
    const file = join(place.folder, 'second');
    const first = await place.serve(['python3', '-c', TWO, file], PORT);
    await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '');
    const second = Number(readFileSync(file, 'utf8'));
    const watcher = new Watcher(second);
    try {
      await watcher.sees(({ acceptQueue }) => acceptQueue !== undefined);

      process.kill(second, 'SIGKILL');
      const line = await watcher.sees(({ server }) => isOver(server?.holders[second]));
      const later = await watcher.sees(({ at }) => at > line.at);
      assert.notEqual(later.acceptQueue, undefined, 'the first shows the same namespace');

      process.kill(first, 'SIGKILL');
      const last = await watcher.sees(({ server }) => isOver(server?.holders[first]));
      const blind = await watcher.sees(({ at }) => at > last.at);
      assert.deepEqual([blind.acceptQueue, blind.deltas], [undefined, {}]);
    } finally {
      await watcher.end();
    }
    assert.equal(watcher.lines.at(-1)?.event, 'snapshot', 'it ended when it was told to');
  });
});

function isOver(sample: HolderSample | undefined): boolean {
  return sample?.state === 'gone' || sample?.state === 'Z';
}

/** The watcher of a stranger's server, as a user who may not enter the namespace has it started. */
class Watcher {
  readonly lines: ObserverLine[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(pid: number) {
    const env = { NET_DIR: `/proc/${pid}/net`, SERVER_PID: String(pid), SERVER_PORT: String(PORT) };
    const module = join(PROJECT_ROOT, 'lab/evidence/server-watcher.ts');
    this.#child = spawn(process.execPath, [module], {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'close');
    const reader = new LineReader((line) => this.lines.push(line as ObserverLine));
    this.#child.stdout?.on('data', (chunk: Buffer) => reader.push(chunk));
  }

  /** The first line of the series of which that is so. */
  async sees(holds: (line: ObservedLine) => boolean): Promise<ObservedLine> {
    const found = () => this.lines.find((line) => line.event === 'observed' && holds(line));
    await until(() => found() !== undefined || this.#child.exitCode !== null);
    return (found() as ObservedLine | undefined) ?? assert.fail(`it ended before: ${holds}`);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

/** The process of that module which that one started. */
function startedBy(parent: number, module: string): number {
  const listing = execFileSync('ps', ['-axww', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' });
  const line = listing
    .split('\n')
    .find((one) => one.includes(module) && one.trim().split(/\s+/)[1] === String(parent));
  return Number(line?.trim().split(/\s+/)[0] ?? assert.fail(`no ${module} of ${parent}`));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

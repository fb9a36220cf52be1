import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { logPlaces } from '../../../lab/diagnose/log-place.ts';
import { onLinuxOnly } from '../../skip.ts';
import { scratch } from '../cli/lab.ts';

describe('lab diagnose, where the log of a server is', () => {
  onLinuxOnly('it reads /proc');
  const folder = scratch();
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  /** A process that stays, once it has run `script`. */
  async function stays(stderr: number | 'ignore' | 'pipe', script = '', env = {}): Promise<number> {
    const child = spawn('/bin/sh', ['-c', `${script}\necho there; exec sleep 60 >/dev/null`], {
      stdio: ['ignore', 'pipe', stderr],
      env: { ...process.env, ...env },
    });
    started.push(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    return child.pid as number;
  }

  const placesOf = (pid: number, name = 'a name of nobody') => logPlaces([{ pid, name }]);

  it('is the file on its stderr', async () => {
    const path = join(folder(), 'errors.txt');
    const file = openSync(path, 'w');
    assert.deepEqual(await stays(file).then(placesOf), [path]);
    closeSync(file);
  });

  it('is a file of that kind that it writes, and none that it reads', async () => {
    const [log, read] = ['error.log', 'read.log'].map((name) => join(folder(), name));
    const pid = await stays('ignore', `echo > ${read}; exec 7>>${log} 8<${read}`);
    assert.deepEqual(placesOf(pid), [log]);
  });

  it('is with who started it, where its stderr is a pipe to that process', async () => {
    // Until it is sleep its stderr is ours.
    const isThere = 'until [ "$(cat /proc/$COPROC_PID/comm)" = sleep ]; do :; done';
    const script = `coproc { exec sleep 60 2>/dev/null; }; ${isThere}; echo $COPROC_PID; wait`;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    const [said] = await once(child.stdout, 'data');
    const pid = Number(said);
    try {
      assert.deepEqual(placesOf(pid), [
        `wherever bash (pid ${child.pid}), which started it, writes its output`,
      ]);
    } finally {
      process.kill(pid);
    }
  });

  it("is the journal, where its stderr is the journal's socket, and no other socket", async () => {
    // Node makes pairs of sockets where it says pipes.
    const pid = await stays('pipe', 'ls -lL /proc/self/fd/2 >/dev/null');
    assert.ok(!placesOf(pid).some((place) => place.startsWith('journalctl')), placesOf(pid).join());
    const inode = '$(readlink /proc/$$/fd/2 | tr -dc 0-9)';
    const journal = await stays(
      'pipe',
      `JOURNAL_STREAM=8:${inode} exec /bin/sh -c 'echo there; exec sleep 60 >/dev/null'`,
    );
    assert.match(placesOf(journal).join(), /^journalctl (_PID=\d+|-u \S+\.service)$/);
  });

  it('is what the engine keeps of a container', () => {
    assert.deepEqual(logPlaces([{ pid: 1, name: 'x' }], 'shop'), ['docker logs shop']);
  });

  it('is nowhere to be seen where nothing may be looked at', async () => {
    assert.deepEqual(placesOf(await stays('ignore')), []);
    assert.deepEqual(placesOf(4_194_303, basename(folder())), []);
  });
});

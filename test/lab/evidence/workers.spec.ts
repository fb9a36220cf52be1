import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { findWorkers } from '../../../lab/evidence/linux/workers.ts';
import { onLinuxOnly } from '../../skip.ts';

/** A child of this process, for as long as its stdin is open. */
async function child(
  command: string,
  ...args: string[]
): Promise<AsyncDisposable & { pid: number; stdout: Readable }> {
  const started = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(started, 'spawn');
  return {
    pid: started.pid as number,
    stdout: started.stdout,
    async [Symbol.asyncDispose]() {
      started.kill('SIGKILL');
      await once(started, 'close');
    },
  };
}

const inodes = (count: number) => new Set(Array.from({ length: count }, (_, index) => `${index}`));

describe('evidence: processes of a server that hold its connections and not its listener', () => {
  onLinuxOnly('processes are read from /proc');
  const own = new Set([process.pid]);

  it('before the load: children that run what the holder of the listener runs', async () => {
    await using alike = await child(process.execPath, '-e', 'process.stdin.resume()');
    await using other = await child('cat');
    const found = findWorkers(own, new Map());
    assert.ok(found.includes(alike.pid), 'a worker');
    assert.ok(!found.includes(other.pid), 'another program');
    assert.ok(!found.includes(process.pid), 'the holder itself');
    assert.deepEqual(findWorkers(new Set([alike.pid]), new Map()), [], 'a parent is no worker');
  });

  it('not one that has no place for a connection, unless it has some', async () => {
    const limited = async (nofile: number) => {
      const one = await child(process.execPath, '-e', 'console.log("up"); process.stdin.resume()');
      await once(one.stdout, 'data');
      execFileSync('prlimit', ['--pid', String(one.pid), `--nofile=${nofile}:${nofile}`]);
      return one;
    };
    await using sandboxed = await limited(1);
    await using alike = await limited(1000);
    const among = (held: ReadonlyMap<number, Set<string>>) =>
      findWorkers(own, new Map(held)).filter((pid) => [sandboxed.pid, alike.pid].includes(pid));
    assert.deepEqual(among(new Map()), [alike.pid]);
    assert.deepEqual(among(new Map([[sandboxed.pid, inodes(1)]])).length, 2);
  });

  it('later: whoever holds many of its connections, and is no holder already', () => {
    const nobody = new Set([2 ** 30]);
    const held = new Map([
      [11, inodes(8)],
      [12, inodes(7)],
      [2 ** 30, inodes(100)],
    ]);
    assert.deepEqual(findWorkers(nobody, held), [11]);
  });

  it('no more of them than can be looked at many times a second', () => {
    const held = new Map(Array.from({ length: 100 }, (_, index) => [1000 + index, inodes(9)]));
    assert.equal(findWorkers(new Set([2 ** 30]), held).length, 64);
  });
});

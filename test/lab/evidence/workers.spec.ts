import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findWorkers } from '../../../lab/evidence/linux/workers.ts';
import { onLinuxOnly } from '../../skip.ts';

/** A child of this process, for as long as its stdin is open. */
async function child(command: string, ...args: string[]): Promise<AsyncDisposable & { pid: number }> {
  const started = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(started, 'spawn');
  return {
    pid: started.pid as number,
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

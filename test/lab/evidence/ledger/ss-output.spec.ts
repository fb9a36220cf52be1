import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { SsFile, SsPipe } from '../../../../lab/evidence/linux/ledger/ss-output.ts';
import { UnlinkedFile } from '../../../../lab/evidence/linux/ledger/unlinked-file.ts';
import { onLinuxOnly } from '../../../skip.ts';
import { scratch } from '../../cli/lab.ts';
import { pidOfSs } from './ss-of-ours.ts';
import { WatchedPort } from './watched-port.ts';

const SIZE = 400;
const KEPT = 64 << 10;

/** Writes so many numbered lines, each by itself, as ss does; with a pause after each 50, or none. */
const WRITER = `
import os, sys, time
for number in range(int(sys.argv[1])):
    os.write(1, b'%0${SIZE - 1}d\\n' % number)
    if sys.argv[2] == 'paced' and number % 50 == 0: time.sleep(0.001)
`;

/** Room that a file takes, bytes. */
const roomOf = (fd: number) => fstatSync(fd).blocks * 512;

describe('the ledger: where ss writes to', function () {
  this.timeout(60_000);
  onLinuxOnly('ss -E');
  const folder = scratch();

  /** All that was read of so many lines, and how much room they took at most, bytes. */
  async function written(count: number, pace: 'paced' | 'at once'): Promise<{ most: number }> {
    const file = UnlinkedFile.open() ?? assert.fail('no such file can be made here');
    const read: number[] = [];
    let wrong = 0;
    let most = 0;
    const output = new SsFile(
      file,
      (text, at, from) => {
        const lines = text.toString('latin1', 0, text.length - 1).split('\n');
        for (const line of lines) read.push(Number(line));
        if (from > at || at > Date.now() || lines.some((line) => line.length !== SIZE - 1)) wrong += 1;
        most = Math.max(most, roomOf(file.fd));
      },
      KEPT,
    );
    const stdio = ['ignore', file.fd, 'inherit'] as const;
    const writer = spawn('python3', ['-c', WRITER, `${count}`, pace], { stdio: [...stdio] });
    output.follow(writer.pid);
    const reading = setInterval(() => output.read(), 5);
    await once(writer, 'exit');
    clearInterval(reading);
    output.finish();
    output.end();
    assert.deepEqual(
      read,
      Array.from({ length: count }, (_, number) => number),
    );
    assert.equal(wrong, 0, 'lines cut, or brackets the wrong way round');
    return { most };
  }

  it('each line is read once, in order, though what was read is given back while more is written', async () => {
    await written(60_000, 'at once');
  });

  it('what was read is given back meanwhile', async () => {
    const { most } = await written(20_000, 'paced');
    assert.ok(most < (20_000 * SIZE) / 2, `${most} bytes at most`);
  });

  it('by a pipe, where no such file can be made: whole lines as well, wherever what comes is cut', async () => {
    const numbers = Array.from({ length: 300 }, (_, number) => `${number}`.padStart(SIZE - 1, '0'));
    const pipe = new PassThrough();
    const read: string[] = [];
    const output = new SsPipe((text) =>
      read.push(...text.toString('latin1', 0, text.length - 1).split('\n')),
    );
    output.follow(undefined, pipe);
    const text = Buffer.from(`${numbers.join('\n')}\n`);
    for (let from = 0; from < text.length; from += 999) pipe.write(text.subarray(from, from + 999));
    pipe.end('half a line');
    await once(pipe, 'end');
    output.end();
    assert.deepEqual(read, numbers);
  });

  it('a file without a name, beside which nothing is left in its folder', async () => {
    const file = UnlinkedFile.open([`${folder()}/none`, folder()]);
    if (file === undefined)
      return console.log('      skipped: the file system of the scratch folder has no O_TMPFILE');
    assert.deepEqual(readdirSync(folder()), []);
    file.close();
  });

  it('ss writes there', async () => {
    await using watched = await WatchedPort.open();
    assert.match(readlinkSync(`/proc/${pidOfSs()}/fd/1`), /\/#\d+ \(deleted\)$/);
    await watched.end();
  });
});

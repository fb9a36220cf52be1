import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppendedFile } from '../../../lab/run/appended-file.ts';
import { scratch } from '../cli/lab.ts';

/** Bytes that may wait. */
const MOST_WAITING = 65_536;

describe('lab/run: a file that is appended to', () => {
  const folder = scratch();

  const neverFails = (error: unknown) => assert.fail(String(error));

  it('has all but the last of many lines that come at once: nothing else waits in memory', () => {
    const path = join(folder(), 'many');
    const file = new AppendedFile(path, neverFails);
    const line = JSON.stringify({ says: 'ä'.repeat(300) });
    const before = process.memoryUsage().arrayBuffers;
    let bytes = 0;
    for (let number = 0; number < 20_000; number += 1) {
      file.append(line);
      bytes += Buffer.byteLength(line) + 1;
    }
    const missing = bytes - statSync(path).size;
    assert.ok(missing <= MOST_WAITING, `${missing} bytes are not in the file`);
    const waiting = process.memoryUsage().arrayBuffers - before;
    assert.ok(waiting <= 2 * MOST_WAITING, `${waiting} bytes wait`);
    file.end();
    assert.equal(readFileSync(path, 'utf8'), `${line}\n`.repeat(20_000));
  });

  it('keeps the order also of lines that are longer than what may wait', () => {
    const path = join(folder(), 'long');
    const file = new AppendedFile(path, neverFails);
    const lines = ['short', 'l'.repeat(3 * MOST_WAITING), 'short again'].map((one) => JSON.stringify(one));
    for (const line of lines) file.append(line);
    file.end();
    assert.deepEqual(readFileSync(path, 'utf8').split('\n'), [...lines, '']);
  });

  it('has a line within the second, also when no other comes', async () => {
    const path = join(folder(), 'one');
    const file = new AppendedFile(path, neverFails);
    file.append('{}');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(readFileSync(path, 'utf8'), '{}\n');
    file.end();
  });

  it('says once that it cannot be written, whether it cannot be opened or is full', () => {
    for (const path of [join(folder(), 'missing', 'file'), '/dev/full']) {
      const errors: unknown[] = [];
      const file = new AppendedFile(path, (error) => errors.push(error));
      for (let number = 0; number < 3; number += 1) file.append('l'.repeat(2 * MOST_WAITING));
      file.end();
      assert.equal(errors.length, 1);
    }
  });
});

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { UsageError } from '../../common/errors.ts';

const CHUNK = 65_536;

/** A JSON file. Throws UsageError where there is none, unless `missing` says what then, or no JSON in it. */
export function readJson(path: string, otherwise?: { missing: unknown }): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (otherwise && isMissing(error)) return otherwise.missing;
    throw unreadable(path, error);
  }
  return parse(text, path);
}

/**
 * The objects of a file of one JSON object a line, one after the other: it is never all in memory. A last line that was cut off is
 * left out. Throws UsageError where there is no such file, unless it `mayBeMissing`, and for a line that is no JSON.
 */
export function* readLines(path: string, mayBeMissing = false): Generator<unknown> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (mayBeMissing && isMissing(error)) return;
    throw unreadable(path, error);
  }
  try {
    const [bytes, decoder] = [Buffer.alloc(CHUNK), new StringDecoder('utf8')];
    let rest = '';
    let number = 0;
    for (let got = readSync(file, bytes); got > 0; got = readSync(file, bytes)) {
      const lines = (rest + decoder.write(bytes.subarray(0, got))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        number += 1;
        if (line !== '') yield parse(line, `${path}:${number}`);
      }
    }
  } finally {
    closeSync(file);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function unreadable(path: string, error: unknown): UsageError {
  return new UsageError(`${path}: cannot be read: ${(error as NodeJS.ErrnoException).code}`);
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${where}: not JSON`);
  }
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** The ss that this process has started. */
export function pidOfSs(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const pid = children.find((one) => readFileSync(`/proc/${one}/comm`, 'utf8') === 'ss\n');
  return Number(pid ?? assert.fail('no ss'));
}

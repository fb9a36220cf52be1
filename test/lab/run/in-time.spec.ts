import assert from 'node:assert/strict';
import { InTime } from '../../../lab/run/in-time.ts';

describe('lab/run: lines in the order of time', () => {
  it('those that came in another order are put right, and none waits for ever', async () => {
    const given: string[] = [];
    const lines = new InTime((line) => given.push(line));
    const now = Date.now();
    for (const late of [20, 10, 30]) lines.add(now - late, String(late));
    assert.deepEqual(given, [], 'an earlier one may still come');
    const { promise, resolve } = Promise.withResolvers<void>();
    const looking = setInterval(() => given.length === 3 && resolve(), 20);
    await promise;
    clearInterval(looking);
    assert.deepEqual(given, ['30', '20', '10']);
  });

  it('at the end all are given', () => {
    const given: string[] = [];
    const lines = new InTime((line) => given.push(line));
    lines.add(Date.now() + 1000, 'b');
    lines.add(Date.now(), 'a');
    lines.end();
    assert.deepEqual(given, ['a', 'b']);
  });
});

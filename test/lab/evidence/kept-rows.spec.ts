import assert from 'node:assert/strict';
import { KeptRows } from '../../../lab/evidence/ledger/kept-rows.ts';
import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import { rowOf } from '../../../protocol/connection-rows.ts';

describe('evidence: connections kept as their rows', () => {
  const lineOf = (at: number, reason = 'TCP_STATE'): ConnectionLine => ({
    event: 'connection',
    at,
    local: '127.0.0.1:8080',
    reason: { is: reason, by: 'tracefs' },
  });

  it('come again as they were put in, as often as one likes, while more are put in', () => {
    const kept = new KeptRows();
    assert.deepEqual([...kept], []);
    const lines: ConnectionLine[] = [];
    for (let at = 0; at < 5000; at += 1) {
      lines.push(lineOf(at));
      kept.push(lineOf(at));
      if (at === 1) assert.deepEqual([...kept], lines);
    }
    assert.equal(kept.length, 5000);
    assert.deepEqual([...kept], lines);
    assert.deepEqual([...kept], lines);
  });

  it('one that is longer than any piece, among others', () => {
    const kept = new KeptRows();
    const lines = [lineOf(1), lineOf(2, 'x'.repeat(100_000)), lineOf(3)];
    for (const line of lines) kept.pushRow(rowOf(line));
    assert.deepEqual([...kept], lines);
    assert.equal(kept.length, 3);
  });
});

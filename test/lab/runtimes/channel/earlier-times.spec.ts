import assert from 'node:assert/strict';
import { withEarlierTimes } from '../../../../lab/runtimes/channel/earlier-times.ts';
import type { ConnectionLine } from '../../../../protocol/connection-events.ts';
import { lineOf, rowOf } from '../../../../protocol/connection-rows.ts';

const AHEAD = 3000;
const AT = 1_796_000_000_000;

describe('lines of a part whose clock is ahead', () => {
  it('have all their moments earlier, and nothing else changed', () => {
    const user = {
      event: 'user',
      id: AT,
      port: 40_000,
      startedAt: AT,
      openMs: 12,
      endedMs: 3000.5,
      earlier: [{ outcome: 'reset', startedAt: AT - 5000, endedMs: 7 }],
      bets: { placed: 1, acked: 1, rejected: 0 },
    };
    assert.deepEqual(withEarlierTimes(user, AHEAD), {
      ...user,
      startedAt: AT - AHEAD,
      earlier: [{ outcome: 'reset', startedAt: AT - 5000 - AHEAD, endedMs: 7 }],
    });
    const witness = { event: 'witness', at: AT, by: 'ss -E', lost: 0, emfileAt: { first: AT - 9, last: AT } };
    assert.deepEqual(withEarlierTimes(witness, AHEAD), {
      ...witness,
      at: AT - AHEAD,
      emfileAt: { first: AT - 9 - AHEAD, last: AT - AHEAD },
    });
    const ports = { event: 'progress', at: AT, self: { ports: { first: 32_768, last: 60_999 } } };
    assert.deepEqual(withEarlierTimes(ports, AHEAD), { ...ports, at: AT - AHEAD });
  });

  it('the same of connections, which come as rows', () => {
    const line: ConnectionLine = {
      event: 'connection',
      at: AT,
      local: '10.0.0.1:8080',
      remote: '10.0.0.9:40000',
      cookie: 'a1',
      complete: { is: AT - 500, by: 'port table', within: 50 },
      accepted: { is: true, by: 'port table' },
      wait: { is: 4, by: 'ss -E' },
      closed: { is: AT - 100.5, by: 'ss -E' },
      closedBy: { is: 'client', by: 'ss -E' },
      age: { is: 400, by: 'ss -E' },
    };
    const rows = { event: 'connections', at: AT, by: 'observer', until: AT - 20, rows: [rowOf(line)] };
    const moved = withEarlierTimes(rows, AHEAD) as typeof rows;
    assert.deepEqual({ ...moved, rows: [] }, { ...rows, at: AT - AHEAD, until: AT - 20 - AHEAD, rows: [] });
    assert.deepEqual(lineOf(moved.rows[0] as string), {
      ...line,
      at: AT - AHEAD,
      complete: { is: AT - 500 - AHEAD, by: 'port table', within: 50 },
      closed: { is: AT - 100.5 - AHEAD, by: 'ss -E' },
    });
  });

  it('are the very same where the clock is right', () => {
    const line = { event: 'sample', at: AT };
    assert.equal(withEarlierTimes(line, 0), line);
  });
});

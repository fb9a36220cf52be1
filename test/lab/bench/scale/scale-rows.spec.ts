import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Cost, Row } from '../../../../lab/bench/figures.ts';
import { scaleGoals, scaleNotes, scaleRows } from '../../../../lab/bench/scale/scale-rows.ts';
import { type ScaleRun, sharesOf } from '../../../../lab/bench/scale/scale-run.ts';
import { scaleTable } from '../../../../lab/bench/scale/scale-table.ts';

/** A run in which each part costs a user so much. */
function run(users: number, micros: number, bytes: number, more: Partial<ScaleRun> = {}): ScaleRun {
  const cost = (share: number): Cost => ({
    cpuMicros: micros * users * share,
    peakBytes: bytes * users * share,
  });
  return {
    users,
    gateways: sharesOf(users).length,
    failed: 0,
    late: 0,
    bets: { placed: users, acked: users },
    settledMs: 1000,
    cpuMicros: micros * users,
    bytes: bytes * users,
    parts: { fleet: cost(0.5), gateway: cost(0.25), observer: cost(0.125), lab: cost(0.125) },
    ...more,
  };
}

function life(driver: 'robots' | 'bare', cpuMicrosPerUser: number): Row {
  const side = { cpuMs: 1, peakBytes: 1, cpuMicrosPerUser, bytesPerUser: 1 };
  return {
    driver,
    users: 15_000,
    trials: 1,
    failed: 0,
    late: 0,
    settledMs: 1,
    usersPerSecond: 1,
    ...side,
    gateway: side,
    bets: null,
    observerCpuPercent: null,
  };
}

const outcomes = (runs: ScaleRun[], lives: Row[] = []) =>
  Object.fromEntries(
    scaleGoals(scaleRows(runs), lives).flatMap(({ name, value, reached }) =>
      reached === null ? [] : [[name, `${value} ${reached}`]],
    ),
  );

describe('bench --scale', () => {
  it('holds a user of many beside a user of few, and a whole life beside a bare socket', () => {
    const lives = [life('robots', 220), life('bare', 100)];
    assert.deepEqual(outcomes([run(15_000, 400, 40_000), run(100_000, 480, 48_000)], lives), {
      'CPU a user, everything, 100000 / 15000 users': '1.2 true',
      'memory a user, everything, 100000 / 15000 users': '1.2 true',
      'CPU a user, robots / bare, 15000 users': '2.2 true',
    });
    const dearer = [life('robots', 230), life('bare', 100)];
    assert.deepEqual(outcomes([run(100_000, 500, 50_000), run(15_000, 400, 40_000)], dearer), {
      'CPU a user, everything, 100000 / 15000 users': '1.25 false',
      'memory a user, everything, 100000 / 15000 users': '1.25 false',
      'CPU a user, robots / bare, 15000 users': '2.3 false',
    });
  });

  it('leaves out what is not there', () => {
    assert.deepEqual(outcomes([run(15_000, 400, 40_000)]), {});
    assert.deepEqual(outcomes([], [life('robots', 200)]), {});
    const cost = { cpuMicros: 1, peakBytes: 1 };
    const [row] = scaleRows([run(100, 1, 1, { parts: { fleet: cost, gateway: cost, lab: cost } })]);
    assert.equal(row?.parts.observer, null);
    assert.match(scaleTable(row ? [row] : []), /observer +\| +\| +- \| +- \|/);
  });

  it('gives medians a user, and sums of what went wrong, which it tells', () => {
    const rows = scaleRows([
      run(1000, 100, 10, { failed: 2 }),
      run(1000, 300, 30, { late: 1 }),
      run(1000, 200, 20, { failed: 1, bets: { placed: 1000, acked: 998 } }),
    ]);
    const [row] = rows;
    assert.deepEqual([row?.cpuMicrosPerUser, row?.bytesPerUser, row?.runs], [200, 20, 3]);
    assert.deepEqual(row?.parts.fleet, { cpuMicrosPerUser: 100, bytesPerUser: 10 });
    const notes = scaleNotes(rows).join('\n');
    assert.match(notes, /1000 users: 3 failed in 3 runs/);
    assert.match(notes, /1000 users: 1 arrived after/);
    assert.match(notes, /1000 users: 3000 bets placed, 2998 acked/);
    assert.match(
      scaleTable(rows),
      /^\| +1000 \| +1 \| everything \| +1000 \| +200 \| +20 \| +2998 \| +3 \|$/m,
    );
  });

  it('spreads users over gateways evenly, with none lost and none above what a gateway takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300_000 }),
        fc.integer({ min: 50, max: 15_000 }),
        (users, most) => {
          const shares = sharesOf(users, most);
          assert.equal(
            shares.reduce((all, share) => all + share, 0),
            users,
          );
          assert.ok(Math.max(...shares) <= most);
          assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
        },
      ),
    );
    assert.equal(sharesOf(100_000).length, 7);
  });
});

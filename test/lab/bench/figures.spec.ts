import assert from 'node:assert/strict';
import { goalLines, notesOf, tableOf } from '../../../lab/bench/bench-table.ts';
import type { BenchDriver } from '../../../lab/bench/drivers.ts';
import { median, rowsOf, type Trial } from '../../../lab/bench/figures.ts';
import { goalsOf } from '../../../lab/bench/goals.ts';

const REST = 60_000_000;

function trial(
  driver: BenchDriver,
  users: number,
  settledMs: number,
  microsPerUser: number,
  bytesPerUser: number,
): Trial {
  const cost = (micros: number, bytes: number) => ({
    cpuMicros: 100_000 + (users - 1) * micros,
    peakBytes: REST + (users - 1) * bytes,
  });
  const load = cost(microsPerUser, bytesPerUser);
  return { driver, users, failed: 0, settledMs, load, gateway: cost(100, 20_000), observerCpuPercent: 2 };
}

function series(driver: BenchDriver, settledMs: number, microsAtHigh: number): Trial[] {
  return [
    trial(driver, 1, 2, 0, 0),
    trial(driver, 4500, settledMs, 100, 9000),
    trial(driver, 15_000, settledMs * 3, microsAtHigh, 9000),
  ];
}

describe('bench figures', () => {
  it('takes the middle one', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  it('takes the cost of a fleet of one from the cost a user', () => {
    const [row] = rowsOf(series('bare', 500, 100));
    assert.equal(row?.users, 4500);
    assert.equal(row.cpuMicrosPerUser, 100);
    assert.equal(row.bytesPerUser, 9000);
    assert.equal(row.gateway.cpuMicrosPerUser, 100);
    assert.equal(row.usersPerSecond, 9000);
  });

  it('gives medians, and the sum of the failed', () => {
    const trials = [1, 900, 5].map((ms) => ({ ...trial('bare', 4500, ms, 1, 1), failed: 2 }));
    const [row] = rowsOf([trial('bare', 1, 1, 0, 0), ...trials]);
    assert.deepEqual([row?.settledMs, row?.failed, row?.trials], [5, 6, 3]);
  });

  it('measures goals between the two largest numbers of users', () => {
    const trials = [...series('robots-connect', 700, 130), ...series('bare', 500, 100)];
    const goals = goalsOf(rowsOf(trials));
    const told = goals.map(({ name, value, reached }) => [name, value, reached]);
    assert.deepEqual(told, [
      ['settled, robots-connect / bare, 4500 users', 1.4, true],
      ['memory, robots-connect, slope 4500 to 15000 users', 9000, null],
      ['memory, bare, slope 4500 to 15000 users', 9000, null],
      ['CPU a user, robots-connect, 15000 / 4500 users', 1.3, false],
      ['CPU a user, bare, 15000 / 4500 users', 1, null],
    ]);
    assert.match(
      goalLines(goals).join('\n'),
      /1\.4 {2}\(goal: at most 1\.5: reached\)[\s\S]*1\.3 {2}\(goal: at most 1\.2: MISSED\)/,
    );
  });

  it('holds the robots over TLS against the bare client over TLS: memory by the slope, CPU at both numbers of users', () => {
    const at = (driver: BenchDriver, micros: number, bytes: number) => [
      trial(driver, 1, 2, 0, 0),
      trial(driver, 4500, 500, micros, bytes),
      trial(driver, 15_000, 900, micros, bytes),
    ];
    const rows = rowsOf([...at('robots-tls', 131, 60_000), ...at('bare-tls', 100, 48_000)]);
    const told = goalsOf(rows).map(({ name, value, reached }) => [name, value, reached]);
    assert.deepEqual(
      told.filter(([name]) => `${name}`.includes('robots-tls / bare-tls')),
      [
        ['memory slope, robots-tls / bare-tls', 1.25, true],
        ['CPU a user, robots-tls / bare-tls, 4500 users', 1.31, false],
        ['CPU a user, robots-tls / bare-tls, 15000 users', 1.31, false],
      ],
    );
  });

  it('holds the robots against both forms of k6: memory by the slope, CPU at both numbers of users', () => {
    const at = (driver: BenchDriver, micros: number, bytes: number) => [
      trial(driver, 1, 2, 0, 0),
      trial(driver, 4500, 500, micros, bytes),
      trial(driver, 15_000, 900, micros, bytes),
    ];
    const trials = [
      ...at('robots', 100, 10_000),
      ...at('k6-vu', 600, 150_000),
      ...at('k6-sockets', 199, 49_000),
    ];
    const told = goalsOf(rowsOf(trials)).flatMap(({ name, value, is, goal, reached }) =>
      is === 'at least' ? [[name, value, goal, reached]] : [],
    );
    assert.deepEqual(told, [
      ['memory slope, k6-vu / robots', 15, 15, true],
      ['memory slope, k6-sockets / robots', 4.9, 5, false],
      ['CPU a user, k6-vu / robots, 4500 users', 6, 6, true],
      ['CPU a user, k6-vu / robots, 15000 users', 6, 6, true],
      ['CPU a user, k6-sockets / robots, 4500 users', 1.9, 2, false],
      ['CPU a user, k6-sockets / robots, 15000 users', 1.9, 2, false],
    ]);
  });

  it('makes a summary of one number of users, and none of nothing', () => {
    const one = [trial('robots', 1, 1, 0, 0), trial('robots', 4500, 500, 1, 1)];
    assert.deepEqual(
      goalsOf(rowsOf(one)).map(({ name }) => name),
      ['observer, whole lives, the busiest row'],
    );
    assert.deepEqual(goalsOf([]), []);
  });

  it('says who failed and what the gateway can take', () => {
    const rows = rowsOf([trial('bare', 1, 1, 0, 0), { ...trial('bare', 4500, 500, 1, 1), failed: 3 }]);
    const notes = notesOf(rows, false).join('\n');
    assert.match(notes, /9000 users\/s/);
    assert.match(notes, /bare, 4500 users: 3 failed in 1 trials/);
    assert.match(notes, /somaxconn and the local ports are those of this host/);
  });

  it('says who came too late for the round', () => {
    const late = { ...trial('k6-vu', 4500, 500, 1, 1), late: 7 };
    const [row] = rowsOf([trial('k6-vu', 1, 1, 0, 0), late, late]);
    assert.equal(row?.late, 14);
    assert.match(notesOf([row], true).join('\n'), /k6-vu, 4500 users: 14 arrived after the round had begun/);
  });

  it('keeps the columns of its table together', () => {
    const lines = tableOf(rowsOf(series('robots', 500, 100))).split('\n');
    assert.equal(lines.length, 4);
    assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  });
});

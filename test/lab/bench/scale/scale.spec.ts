import assert from 'node:assert/strict';
import type { Goal } from '../../../../lab/bench/goals.ts';
import type { ScaleRow } from '../../../../lab/bench/scale/scale-rows.ts';
import { SCALE_PARTS, scaleRunner } from '../../../../lab/bench/scale/scale-run.ts';
import { native } from '../../../../lab/runtimes/native.ts';
import { netns } from '../../../../lab/runtimes/netns.ts';
import { lab } from '../../cli/lab.ts';

describe('bench --scale, really', function () {
  this.timeout(120_000);

  it('runs users over several gateways, each heard by its own', async () => {
    const runtime = (await netns.missing()) === undefined ? netns : native;
    const run = await scaleRunner(runtime, new AbortController().signal, 25)(60);
    assert.deepEqual([run.users, run.gateways, run.failed, run.late], [60, 3, 0, 0]);
    assert.deepEqual(run.bets, { placed: 60, acked: 60 });
    const parts = SCALE_PARTS.map((name) => run.parts[name] ?? { cpuMicros: 0, peakBytes: 0 });
    for (const { cpuMicros, peakBytes } of parts) assert.ok(cpuMicros > 0 && peakBytes > 1e6);
    const sum = (of: (part: (typeof parts)[number]) => number) =>
      parts.reduce((all, one) => all + of(one), 0);
    assert.equal(
      run.cpuMicros,
      sum(({ cpuMicros }) => cpuMicros),
    );
    assert.equal(
      run.bytes,
      sum(({ peakBytes }) => peakBytes),
    );
  });

  it('prints rows of both sizes and of whole lives, and the goals', async () => {
    const { code, stdout, stderr } = await lab(
      ['bench', '--scale', '--users', '20,60', '--repeat', '1', '--json'],
      {},
    );
    assert.equal(code, 0, stderr);
    const { rows, lives, summary } = JSON.parse(stdout) as {
      rows: ScaleRow[];
      lives: { driver: string; users: number }[];
      summary: Goal[];
    };
    assert.deepEqual(
      rows.map(({ users, gateways, failed }) => [users, gateways, failed]),
      [
        [20, 1, 0],
        [60, 1, 0],
      ],
    );
    assert.deepEqual(
      lives.map(({ driver, users }) => [driver, users]),
      [
        ['robots', 20],
        ['bare', 20],
      ],
    );
    assert.deepEqual(
      summary.filter(({ goal }) => goal !== null).map(({ name, goal }) => [name, goal]),
      [
        ['CPU a user, everything, 60 / 20 users', 1.2],
        ['memory a user, everything, 60 / 20 users', 1.2],
        ['CPU a user, robots / bare, 20 users', 2.2],
      ],
    );
  });

  for (const [flags, says] of [
    [['--judge'], /^lab: --scale: not with --judge, .*; allowed with it: --users, --repeat/],
    [['--drivers', 'ledger'], /^lab: --drivers ledger: --scale measures .*; allowed with it: --users/],
    [['--users', '500'], /^lab: --users 500: allowed with --scale: two different numbers, as 15000,100000/],
    [['--users', '5,5'], /^lab: --users 5,5: allowed with --scale: two/],
    [['--users', '5,6,7'], /^lab: --users 5,6,7: allowed with --scale: two/],
    [['--users', '1,5'], /^lab: --users 1: allowed: whole numbers from 2/],
    [['--repeat', '0'], /^lab: --repeat 0: allowed: whole numbers/],
    [['--runtime', 'docker'], /^lab: --runtime docker: allowed: auto, netns, native/],
  ] as const)
    it(`refuses ${flags.join(' ')} in one line`, async () => {
      const { code, stdout, stderr } = await lab(['bench', '--scale', ...flags], {});
      assert.deepEqual([code, stdout, stderr.trim().split('\n').length], [2, '', 1], stderr);
      assert.match(stderr, says);
    });
});

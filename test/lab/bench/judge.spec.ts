import assert from 'node:assert/strict';
import { type JudgeRow, judgeGoals } from '../../../lab/bench/judge/judge-time.ts';
import { lab } from '../cli/lab.ts';

describe('bench --judge', function () {
  this.timeout(30_000);

  it('a row for each number of users, each server, without and with an overflow', async () => {
    const { code, stdout, stderr } = await lab([
      'bench',
      '--judge',
      '--users',
      '20,10',
      '--repeat',
      '1',
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const { rows, summary } = JSON.parse(stdout) as { rows: JudgeRow[]; summary: { name: string }[] };
    assert.deepEqual(
      rows.map(({ server, overflows, failed }) => [server, overflows, failed]),
      [
        ['ours', 0, 10],
        ['ours', 0, 20],
        ['ours', 5000, 10],
        ['ours', 5000, 20],
        ['stranger', 0, 10],
        ['stranger', 0, 20],
        ['stranger', 5000, 10],
        ['stranger', 5000, 20],
      ],
    );
    assert.deepEqual(
      summary.map(({ name }) => name),
      ['facts and verdict, 20 failed users', 'a user, of 20 / of 10'],
    );
  });

  it('what starts something is refused beside it', async () => {
    const { code, stdout, stderr } = await lab(['bench', '--judge', '--drivers', 'robots']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(
      stderr,
      'lab: --drivers robots: --judge starts nothing; allowed with it: --users, --repeat, --json\n',
    );
  });

  it('the goals are of the slowest row, and of the one that grew most', () => {
    const row = (server: JudgeRow['server'], failed: number, factsMs: number, judgeMs: number): JudgeRow => ({
      server,
      overflows: 0,
      failed,
      factsMs,
      judgeMs,
    });
    const goals = judgeGoals([
      row('ours', 1000, 1, 1),
      row('ours', 10_000, 10, 10),
      row('stranger', 1000, 10, 0),
      row('stranger', 10_000, 900, 101),
    ]);
    assert.deepEqual(
      goals.map(({ value, reached }) => [value, reached]),
      [
        [1001, false],
        [10.01, false],
      ],
    );
  });
});

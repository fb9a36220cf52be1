import { hostWords } from '../../system/host.ts';
import { goalLines } from '../bench/bench-table.ts';
import { judgeGoals, judgeTable, timeJudge } from '../bench/judge/judge-time.ts';
import type { Case } from '../bench/judge/made-evidence.ts';
import { printDocument } from './verb-ending.ts';

/** Dropped handshakes: none, or more than any queue can hold. */
const OVERFLOWS = [0, 5000];

interface Asked {
  /** Numbers of failed users. */
  users: readonly number[];
  repeat: number;
  json: boolean;
}

/** `bench --judge`: facts and verdict of made evidence, without and with an overflow, on our gateway and on a stranger's. Starts nothing. */
export function benchJudge({ users, repeat, json }: Asked): number {
  const cases = (['ours', 'stranger'] as const).flatMap((server) =>
    OVERFLOWS.flatMap((overflows) => users.map((failed): Case => ({ server, overflows, failed }))),
  );
  // The first calls measure how long the code takes to compile.
  timeJudge({ server: 'ours', overflows: 1, failed: 1000 }, 3);
  const rows = cases.map((one, index) => {
    process.stderr.write(`bench: ${index + 1} of ${cases.length}: ${one.failed} failed users\n`);
    return timeJudge(one, repeat);
  });
  const summary = judgeGoals(rows);
  printDocument(
    { rows, summary, host: hostWords(), repeat },
    () => `\n${[judgeTable(rows), '', ...goalLines(summary)].join('\n')}\n`,
    json,
  );
  return 0;
}

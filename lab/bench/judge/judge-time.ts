import { markdownTable } from '../../../common/table.ts';
import { drawFacts } from '../../facts/facts.ts';
import { judge } from '../../verdict/judge.ts';
import { judgeOutside } from '../../verdict/judge-server.ts';
import { CAUSES } from '../../verdict/registry.ts';
import { median } from '../figures.ts';
import { type Goal, goalOf } from '../goals.ts';
import { type Case, mixedEvidence } from './made-evidence.ts';

/** Whoever waits for a verdict waits for this, and Ctrl-C with them. */
const LONGEST_MS = 1000;
/** A user among many may cost twice what one among few does: caches, and a collector of garbage with more to do. */
const DEARER = 2;

const HEADS = ['server', 'overflows', 'failed users', 'facts ms', 'judge ms', 'µs/user'];

/** What one judgement took: the facts drawn from the evidence, and the verdict on them. Wall time, ms, medians. */
export interface JudgeRow extends Case {
  factsMs: number;
  judgeMs: number;
}

/** Draws the facts of such evidence and judges them, so many times. */
export function timeJudge(one: Case, repeat: number): JudgeRow {
  const factsMs: number[] = [];
  const judgeMs: number[] = [];
  for (let trial = 0; trial < repeat; trial += 1) {
    const evidence = mixedEvidence(one);
    const begun = performance.now();
    const facts = drawFacts(evidence);
    const drawn = performance.now();
    if (one.server === 'ours') judge(facts, CAUSES);
    else judgeOutside(facts, CAUSES);
    judgeMs.push(performance.now() - drawn);
    factsMs.push(drawn - begun);
  }
  return { ...one, factsMs: median(factsMs), judgeMs: median(judgeMs) };
}

/** The rows as a table; a valid Markdown table too. */
export function judgeTable(rows: readonly JudgeRow[]): string {
  const body = rows.map((row) => [
    row.server,
    `${row.overflows}`,
    `${row.failed}`,
    row.factsMs.toFixed(1),
    row.judgeMs.toFixed(1),
    microsOf(row).toFixed(1),
  ]);
  return markdownTable(HEADS, body, ['left', 'right']);
}

/** The longest that anybody waits with the most users, and what one of them costs beside one of fewer, the dearest of all rows. */
export function judgeGoals(rows: readonly JudgeRow[]): Goal[] {
  const sizes = [...new Set(rows.map(({ failed }) => failed))].sort((a, b) => a - b);
  const [most, fewer] = [sizes.at(-1), sizes.at(-2)];
  const of = (size: number | undefined) => rows.filter(({ failed }) => failed === size);
  const longest = Math.max(0, ...of(most).map(({ factsMs, judgeMs }) => factsMs + judgeMs));
  const ratios = of(most).flatMap((row) => {
    const before = of(fewer).find(
      ({ server, overflows }) => server === row.server && overflows === row.overflows,
    );
    return before ? microsOf(row) / microsOf(before) : [];
  });
  const dearest = {
    name: `a user, of ${most} / of ${fewer}`,
    value: Math.round(Math.max(...ratios) * 100) / 100,
    unit: '',
    goal: DEARER,
    is: 'at most',
  } as const;
  return [
    goalOf({
      name: `facts and verdict, ${most} failed users`,
      value: Math.round(longest),
      unit: 'ms',
      goal: LONGEST_MS,
      is: 'at most',
    }),
    ...(ratios.length > 0 ? [goalOf(dearest)] : []),
  ];
}

function microsOf({ factsMs, judgeMs, failed }: JudgeRow): number {
  return ((factsMs + judgeMs) * 1000) / failed;
}

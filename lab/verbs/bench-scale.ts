import { hostWords } from '../../system/host.ts';
import { runTrials } from '../bench/bench.ts';
import { goalLines, tableOf } from '../bench/bench-table.ts';
import { rowsOf } from '../bench/figures.ts';
import { scaleGoals, scaleNotes, scaleRows } from '../bench/scale/scale-rows.ts';
import {
  checkScale,
  type RunScale,
  type ScaleRun,
  scaleRunner,
  USERS_PER_GATEWAY,
} from '../bench/scale/scale-run.ts';
import { scaleTable } from '../bench/scale/scale-table.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { codeUnlessInterrupted, interruptible, printDocument } from './verb-ending.ts';

interface Asked {
  runtime: Runtime;
  /** The smaller one first. */
  users: readonly [number, number];
  repeat: number;
  json: boolean;
}

/** `bench --scale`: what a user costs in a small load and in a large one, of everything that a run needs; and beside a bare socket. */
export async function benchScale({ runtime, users, repeat, json }: Asked): Promise<number> {
  const signal = interruptible();
  const measured = await measure(runtime, users, repeat, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (measured === undefined) return codeUnlessInterrupted(0);
  const { runs, trials } = measured;
  const [rows, lives] = [scaleRows(runs), rowsOf(trials)];
  const summary = scaleGoals(rows, lives);
  const notes = scaleNotes(rows);
  const said = [
    scaleTable(rows),
    '',
    tableOf(lives),
    '',
    ...goalLines(summary),
    '',
    ...notes.map((note) => `note: ${note}`),
  ];
  printDocument(
    { rows, lives, summary, notes, host: hostWords(), runtime: runtime.name, repeat },
    () => `\n${said.join('\n')}\n`,
    json,
  );
  return [...runs, ...trials].some(({ failed }) => failed > 0) ? 1 : 0;
}

/** A fleet beside a bare socket differ by less than two trials of one: so many pairs for each run of a size. */
const PAIRS = 3;

/** Both sizes in turn, then a fleet and bare sockets in turn: as many as one gateway takes. */
async function measure(
  runtime: Runtime,
  users: readonly [number, number],
  repeat: number,
  signal: AbortSignal,
) {
  const say = (what: string) => process.stderr.write(`bench: ${what}, runtime ${runtime.name}\n`);
  for (const count of users) await checkScale(runtime, count);
  const run: RunScale = scaleRunner(runtime, signal);
  const runs: ScaleRun[] = [];
  for (let round = 0; round < repeat; round++) {
    for (const count of users) {
      say(`${runs.length + 1} of ${users.length * repeat}: ${count} users`);
      runs.push(await run(count));
    }
  }
  const trials = await runTrials({
    runtime,
    choice: { drivers: ['robots', 'bare'], ledger: 'no', paths: {}, notes: [] },
    users: [Math.min(users[0], USERS_PER_GATEWAY)],
    repeat: PAIRS * repeat,
    signal,
    onTrial: (number, total, count, driver) => say(`${number} of ${total}: ${driver}, ${count} users`),
  });
  return { runs, trials };
}

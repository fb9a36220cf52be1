import type { Command } from 'commander';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { PACKAGED } from '../../common/own-files.ts';
import { hostWords } from '../../system/host.ts';
import { runTrials } from '../bench/bench.ts';
import { goalLines, notesOf, tableOf } from '../bench/bench-table.ts';
import { BENCH_NAMES, type Choice, chooseDrivers } from '../bench/drivers.ts';
import { rowsOf, type Trial } from '../bench/figures.ts';
import { goalsOf } from '../bench/goals.ts';
import { native } from '../runtimes/native.ts';
import { netns } from '../runtimes/netns.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { LedgerMeasured } from './bench-ledger.ts';
import { JSON_ONLY } from './option-words.ts';
import { codeUnlessInterrupted, ends, interruptible, printDocument } from './verb-ending.ts';

interface BenchFlags {
  users?: string;
  drivers?: string;
  repeat: string;
  runtime?: string;
  judge?: boolean;
  scale?: boolean;
  json?: boolean;
}

const USERS = '500,1000,4500,15000';
const JUDGED_USERS = '1000,10000,100000';
const SCALE_USERS = '15000,100000';

/** `bench`: the cost of a robot beside plain sockets and other load generators, as ratios from one run; and the cost of the ledger. */
export function benchVerb(program: Command): void {
  program
    .command('bench')
    .description(
      'measure the time, CPU and memory that robots cost beside plain sockets, k6 and artillery, and the cost of the ledger',
    )
    .option(
      '--users <list>',
      `numbers of users, separated by commas (default: ${USERS}; with --judge ${JUDGED_USERS}; with --scale ${SCALE_USERS})`,
    )
    .option(
      '--drivers <list>',
      `what to measure, separated by commas: ${BENCH_NAMES.join(', ')} (default: all but artillery; k6 and the ledger where possible)`,
    )
    .option('--repeat <number>', 'number of trials of each; the figures are medians', '3')
    .option(
      '--runtime <name>',
      'how gateway and robots run: auto (netns where possible, else native), netns or native (default: auto)',
    )
    .option('--judge', 'measure instead how long a verdict takes on this many failed users; starts nothing')
    .option(
      '--scale',
      'measure instead what a user costs at two numbers of users, of everything that a run needs, and beside a bare socket',
    )
    .option('--json', JSON_ONLY)
    .action(
      ends((flags: BenchFlags) => {
        if (flags.scale) return scale(flags);
        return flags.judge ? judge(flags) : bench(flags);
      }),
    );
}

async function scale({
  users = SCALE_USERS,
  drivers,
  repeat,
  runtime: name = 'auto',
  judge,
  json = false,
}: BenchFlags): Promise<number> {
  const allowed = 'allowed with it: --users, --repeat, --runtime, --json';
  if (judge) throw new UsageError(`--scale: not with --judge, which starts nothing; ${allowed}`);
  if (drivers !== undefined)
    throw new UsageError(`--drivers ${drivers}: --scale measures robots and bare sockets; ${allowed}`);
  const [low, high, ...others] = sizesOf(users);
  if (low === undefined || high === undefined || others.length > 0)
    throw new UsageError(`--users ${users}: allowed with --scale: two different numbers, as ${SCALE_USERS}`);
  const times = whole('--repeat', repeat, 1, 100);
  const own = await benchRuntime(name);
  if (PACKAGED) throw inClone('--scale');
  return (await import('./bench-scale.ts')).benchScale({
    runtime: own,
    users: [low, high],
    repeat: times,
    json,
  });
}

async function judge({
  users = JUDGED_USERS,
  drivers,
  repeat,
  runtime,
  json = false,
}: BenchFlags): Promise<number> {
  for (const [flag, given] of Object.entries({ '--drivers': drivers, '--runtime': runtime }))
    if (given !== undefined)
      throw new UsageError(
        `${flag} ${given}: --judge starts nothing; allowed with it: --users, --repeat, --json`,
      );
  const asked = { users: sizesOf(users), repeat: whole('--repeat', repeat, 1, 100), json };
  if (PACKAGED) throw inClone('--judge');
  return (await import('./bench-judge.ts')).benchJudge(asked);
}

async function bench({
  users = USERS,
  drivers,
  repeat,
  runtime: name = 'auto',
  json,
}: BenchFlags): Promise<number> {
  const sizes = sizesOf(users);
  const times = whole('--repeat', repeat, 1, 100);
  const runtime = await benchRuntime(name);
  const choice = await chooseDrivers(drivers);
  const ledger = await ledgerOf(choice, runtime);
  const known = [...choice.notes, ...ledger.notes];
  for (const note of known) process.stderr.write(`bench: ${note}\n`);
  const signal = interruptible();
  const measured = await measure(runtime, choice, ledger.runs, sizes, times, signal).catch(
    (error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    },
  );
  if (measured === undefined) return codeUnlessInterrupted(0);

  const rows = rowsOf(measured.trials);
  const { ofLedger } = measured;
  const summary = [...goalsOf(rows), ...(ofLedger?.goals ?? [])];
  const notes = [
    ...(rows.length > 0 ? notesOf(rows, runtime.name === 'netns') : []),
    ...(ofLedger?.notes ?? []),
    ...known,
  ];
  const tables = [rows.length > 0 && tableOf(rows), ofLedger?.table];
  const said = [
    tables.filter(Boolean).join('\n\n'),
    '',
    ...goalLines(summary),
    '',
    ...notes.map((note) => `note: ${note}`),
  ];
  printDocument(
    {
      rows: [...rows, ...(ofLedger?.rows ?? [])],
      summary,
      notes,
      host: hostWords(),
      runtime: runtime.name,
      repeat: times,
    },
    () => `\n${said.join('\n')}\n`,
    json,
  );
  return ofLedger?.failed || measured.trials.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** The package has what others need: what a contributor measures is the clone's. */
function inClone(what: string): CannotRunError {
  return new CannotRunError(`bench ${what}: it is in a clone of resetlab alone; run it there`);
}

async function ledgerOf(choice: Choice, runtime: Runtime): Promise<{ runs: boolean; notes: string[] }> {
  if (!PACKAGED) return (await import('./bench-ledger.ts')).ledgerOf(choice, runtime);
  if (choice.ledger === 'asked') throw inClone('--drivers ledger');
  return { runs: false, notes: choice.ledger === 'no' ? [] : ['ledger left out: it is in a clone alone'] };
}

/** Measures first the drivers, then the ledger, with a line on stderr before each trial. */
async function measure(
  runtime: Runtime,
  choice: Choice,
  ledger: boolean,
  users: number[],
  repeat: number,
  signal: AbortSignal,
): Promise<{ trials: Trial[]; ofLedger: LedgerMeasured | undefined }> {
  const say = (what: string) => process.stderr.write(`bench: ${what}, runtime ${runtime.name}\n`);
  const trials = await runTrials({
    runtime,
    choice,
    users,
    repeat,
    signal,
    onTrial: (number, total, count, driver) => say(`${number} of ${total}: ${driver}, ${count} users`),
  });
  if (!ledger) return { trials, ofLedger: undefined };
  const { measureLedger } = await import('./bench-ledger.ts');
  return { trials, ofLedger: await measureLedger(runtime, repeat, signal, say) };
}

function sizesOf(list: string): number[] {
  const sizes = list.split(',').map((text) => whole('--users', text, 2, 1_000_000));
  return [...new Set(sizes)].sort((a, b) => a - b);
}

async function benchRuntime(name: string): Promise<Runtime> {
  if (name === 'auto') return (await netns.missing()) === undefined ? netns : native;
  if (name !== 'netns' && name !== 'native')
    throw new UsageError(`--runtime ${name}: allowed: auto, netns, native`);
  return pickRuntime(name);
}

function whole(flag: string, text: string, min: number, max: number): number {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${flag} ${text}: allowed: whole numbers from ${min} to ${max}`);
}

import { release } from 'node:os';
import type { Command } from 'commander';
import { thisHost } from '../../gateway/host.ts';
import { runTrials } from '../bench/bench.ts';
import { BENCH_DRIVERS, chooseDrivers } from '../bench/drivers.ts';
import { rowsOf } from '../bench/figures.ts';
import { goalsOf } from '../bench/goals.ts';
import { goalLines, notesOf, tableOf } from '../bench/table.ts';
import { UsageError } from '../errors.ts';
import { native } from '../runtimes/native.ts';
import { netns } from '../runtimes/netns.ts';
import { pickRuntime } from '../runtimes/pick.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { interruptible, signalCode } from './interrupt.ts';

interface BenchFlags {
  users: string;
  drivers?: string;
  repeat: string;
  runtime: string;
  json?: boolean;
}

/** `bench`: what a robot costs, against plain sockets and other load generators, as ratios from one run. */
export function benchVerb(program: Command): void {
  program
    .command('bench')
    .description('what our robots cost beside plain sockets, k6 and artillery: time, CPU and memory a user')
    .option('--users <list>', 'numbers of users, with commas', '500,1000,4500,15000')
    .option(
      '--drivers <list>',
      `with commas: ${BENCH_DRIVERS.join(', ')}; all but artillery, and k6 where it is there, unless told`,
    )
    .option('--repeat <number>', 'trials of each; the figures are medians', '3')
    .option('--runtime <name>', 'auto (netns where it can be had, else native), netns or native', 'auto')
    .option('--json', 'one JSON document on stdout, nothing else')
    .action(async (flags: BenchFlags) => {
      process.exitCode = await bench(flags);
    });
}

async function bench({ users, drivers, repeat, runtime: name, json }: BenchFlags): Promise<number> {
  const sizes = [...new Set(users.split(',').map((text) => whole('--users', text, 2, 1_000_000)))].sort(
    (a, b) => a - b,
  );
  const times = whole('--repeat', repeat, 1, 100);
  const runtime = await benchRuntime(name);
  const choice = await chooseDrivers(drivers);
  for (const note of choice.notes) process.stderr.write(`bench: ${note}\n`);
  const { signal, interrupted } = interruptible();
  const trials = await runTrials({
    runtime,
    choice,
    users: sizes,
    repeat: times,
    signal,
    onTrial: (number, total, count, driver) =>
      process.stderr.write(
        `bench: ${number} of ${total}: ${driver}, ${count} users, runtime ${runtime.name}\n`,
      ),
  }).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  const by = interrupted();
  if (trials === undefined) return signalCode(by ?? 'SIGTERM');

  const rows = rowsOf(trials);
  const summary = goalsOf(rows);
  const notes = [...notesOf(rows, runtime.name === 'netns'), ...choice.notes];
  const host = { os: thisHost.platform, kernel: release(), node: process.version };
  process.stdout.write(
    json
      ? `${JSON.stringify({ rows, summary, notes, host, runtime: runtime.name, repeat: times })}\n`
      : `\n${[tableOf(rows), '', ...goalLines(summary), '', ...notes.map((note) => `note: ${note}`)].join('\n')}\n`,
  );
  return trials.every(({ failed }) => failed === 0) ? 0 : 1;
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

import { Command, CommanderError } from 'commander';
import { splitArguments } from './drivers/pick.ts';
import { foreseen, isAbort } from './errors.ts';
import { tell } from './tell.ts';
import { benchVerb } from './verbs/bench.ts';
import { cleanVerb } from './verbs/clean.ts';
import { compareVerb } from './verbs/compare.ts';
import { composeVerb } from './verbs/compose.ts';
import { diagnoseVerb } from './verbs/diagnose.ts';
import { examVerb } from './verbs/exam.ts';
import { interruptedBy, signalCode } from './verbs/interrupt.ts';
import { listVerb } from './verbs/list.ts';
import { catchOutside } from './verbs/outside.ts';
import { reportVerb } from './verbs/report.ts';
import { runVerb } from './verbs/run.ts';
import { sweepVerb } from './verbs/sweep.ts';
import { thresholdVerb } from './verbs/threshold.ts';
import { troubleshootVerb } from './verbs/troubleshoot.ts';

const VERBS = [
  runVerb,
  thresholdVerb,
  sweepVerb,
  examVerb,
  diagnoseVerb,
  compareVerb,
  troubleshootVerb,
  reportVerb,
  listVerb,
  cleanVerb,
  composeVerb,
  benchVerb,
];

/** Runs the verb of this command line (as `process.argv`), and sets the exit code of this process. Throws nothing. */
export async function main(argv: readonly string[]): Promise<void> {
  catchOutside();
  const program = new Command('lab')
    .description('Why do my clients get `read: connection reset by peer` at N users, and what stops it?')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`lab: ${oneLine(text)}\n`) });
  for (const verb of VERBS) verb(program);
  try {
    await program.parseAsync(splitArguments(argv).own);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Commander asks in a second line whether another flag was meant. */
function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}

/** The exit code tells whose fault it was. */
function report(error: unknown): number {
  const by = interruptedBy();
  // Whatever was cut short says so in its own way.
  if (by && (isAbort(error) || foreseen(error))) {
    process.stderr.write(`lab: interrupted (${by}) before there was a result\n`);
    return signalCode(by);
  }
  // Commander has printed its own line: bad usage, or help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return tell(error);
}

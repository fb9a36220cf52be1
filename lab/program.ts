import { Command, CommanderError } from 'commander';
import { foreseen, isAbort } from '../common/errors.ts';
import { tell } from '../common/tell.ts';
import { splitArguments } from './drivers/pick-driver.ts';
import { benchVerb } from './verbs/bench-verb.ts';
import { cleanVerb } from './verbs/clean-verb.ts';
import { compareVerb } from './verbs/compare-verb.ts';
import { composeVerb } from './verbs/compose-verb.ts';
import { diagnoseVerb } from './verbs/diagnose-verb.ts';
import { examVerb } from './verbs/exam-verb.ts';
import { listVerb } from './verbs/list-verb.ts';
import { reportVerb } from './verbs/report-verb.ts';
import { runVerb } from './verbs/run-verb.ts';
import { sweepVerb } from './verbs/sweep-verb.ts';
import { thresholdVerb } from './verbs/threshold-verb.ts';
import { troubleshootVerb } from './verbs/troubleshoot-verb.ts';
import { catchOutside, interruptedBy, signalCode } from './verbs/verb-ending.ts';

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

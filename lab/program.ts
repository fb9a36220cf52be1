import { Command, CommanderError } from 'commander';
import { LAB, NAME } from '../common/called.ts';
import { foreseen, isAbort } from '../common/errors.ts';
import { ownVersion, PACKAGED } from '../common/own-files.ts';
import { tell } from '../common/tell.ts';
import { splitArguments } from './drivers/pick-driver.ts';
import { guardActions } from './verbs/actions/guard.ts';
import { catchOutside, interruptedBy, signalCode } from './verbs/verb-ending.ts';

/** Each verb is loaded when it is named: all of them are twice the modules of one. */
const VERBS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  run: async () => (await import('./verbs/run-verb.ts')).runVerb,
  threshold: async () => (await import('./verbs/threshold-verb.ts')).thresholdVerb,
  climb: async () => (await import('./verbs/climb-verb.ts')).climbVerb,
  sweep: async () => (await import('./verbs/sweep-verb.ts')).sweepVerb,
  exam: async () => (await import('./verbs/exam-verb.ts')).examVerb,
  diagnose: async () => (await import('./verbs/diagnose-verb.ts')).diagnoseVerb,
  compare: async () => (await import('./verbs/compare-verb.ts')).compareVerb,
  troubleshoot: async () => (await import('./verbs/troubleshoot-verb.ts')).troubleshootVerb,
  report: async () => (await import('./verbs/report-verb.ts')).reportVerb,
  list: async () => (await import('./verbs/list-verb.ts')).listVerb,
  clean: async () => (await import('./verbs/clean-verb.ts')).cleanVerb,
  bench: async () => (await import('./verbs/bench-verb.ts')).benchVerb,
  // Of the stack's own image.
  ...(!PACKAGED && { compose: async () => (await import('./verbs/compose-verb.ts')).composeVerb }),
};

/** Runs the verb of this command line (as `process.argv`), and sets the exit code of this process. Throws nothing. */
export async function main(argv: readonly string[]): Promise<void> {
  catchOutside();
  guardActions();
  const program = new Command(PACKAGED ? LAB : NAME)
    .version(ownVersion())
    .description('Why do my clients get `read: connection reset by peer` at N users, and what stops it?')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${NAME}: ${oneLine(text)}\n`) });
  try {
    for (const load of wantedOf(argv)) (await load())(program);
    await program.parseAsync(splitArguments(argv).own);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** The verb that is named first, or all of them: for help, and for the error line that lists them. */
function wantedOf([, , name = '']: readonly string[]): (() => Promise<(program: Command) => void>)[] {
  const one = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  return one ? [one] : Object.values(VERBS);
}

/** Commander suggests another flag in a second line: both become one. */
function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}

/** Prints the error; the exit code tells whose fault it was. */
function report(error: unknown): number {
  const by = interruptedBy();
  // Work that was cut short fails in its own way, which is no error.
  if (by && (isAbort(error) || foreseen(error))) {
    process.stderr.write(`${NAME}: interrupted (${by}) before there was a result\n`);
    return signalCode(by);
  }
  // Commander has printed its own line: bad usage, or help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return tell(error);
}

import type { Command } from 'commander';
import { NAME } from '../../common/called.ts';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { Faults } from '../../common/tell.ts';
import { thisHost } from '../../system/host.ts';
import { type Cause, canBeMade } from '../causes/shared/cause.ts';
import { reportHtml } from '../report/pages.ts';
import { Progress } from '../report/progress.ts';
import { terminalReport } from '../report/terminal.ts';
import { findingsOfRun } from '../report/text/run-findings.ts';
import { answerOfFindings } from '../report/text/told-answer.ts';
import { pageIn } from '../run/run-folder.ts';
import { measuredOfRun, RUN_NAMES } from '../run/run-measured.ts';
import { runScenario, type Step } from '../run/scenario.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { CAUSES } from '../verdict/registry.ts';
import { type Answering, answering, type ExpectFlags, finish, withExpectFlags } from './expect-options.ts';
import {
  type Asked,
  type LoadFlags,
  readAsked,
  type TellingFlags,
  type TraceFlags,
  traceOf,
  withLoadFlags,
  withTraceFlag,
  withVerboseFlag,
} from './shared-options.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

interface RunFlags extends LoadFlags, TraceFlags, TellingFlags, ExpectFlags {
  fix: boolean;
}

const RUN: Answering<VerdictDocument> = {
  verb: 'run',
  names: RUN_NAMES,
  measure: (document) => [measuredOfRun(document)],
  answer: (document) => answerOfFindings(findingsOfRun(document)),
  markdown: async (document) => (await import('../report/markdowns.ts')).runMarkdown(document),
};

/** `run [cause]`: makes a failure, names its cause, applies the fix and shows it gone. */
export function runVerb(program: Command): void {
  const command = program
    .command('run')
    .description('make a failure on purpose, measure it, name its cause, and verify the fix')
    .argument('[cause]', `the cause to make (see \`${NAME} list\`); without one: run with the given settings`)
    .option('--no-fix', 'leave out the second run, with the fix');
  withExpectFlags(withVerboseFlag(withTraceFlag(withLoadFlags(command))), RUN).action(
    ends(answering(RUN, run)),
  );
}

async function run(name: string | undefined, flags: RunFlags): Promise<number> {
  const cause = name === undefined ? undefined : findScenario(name);
  const trace = traceOf(flags);
  // Ctrl-C counts from here on, since an image may be built before anything is measured.
  const signal = interruptible();
  const asked = await readAsked(flags, signal, cause?.scenario ?? {}, cause?.onDarwin?.scenario);
  if (cause) refuseElsewhere(cause, asked.runtime.name);
  return execute(asked, { ...flags, cause, trace });
}

interface RunOptions extends TellingFlags, ExpectFlags {
  cause: Cause | undefined;
  fix: boolean;
  runs: string;
  json?: boolean;
  trace: boolean;
}

/** Runs these settings, with progress on stderr and the result on stdout. Gives the exit code. */
export async function execute(
  asked: Asked,
  { cause, fix, runs, verbose = false, trace, ...flags }: RunOptions,
): Promise<number> {
  const signal = interruptible();
  const progress = new Progress();
  const faults = new Faults();
  const document = await runScenario({
    ...asked,
    name: cause?.id ?? 'run',
    runs,
    fix,
    trace,
    signal,
    onStep: (step, used) => progress.step(stepText(step, asked.runtime.name, used)),
    onProgress: (line) => progress.show(line),
    page: reportHtml,
    onFixFailed: faults.note,
  });
  progress.end();
  const code = await finish(RUN, {
    document,
    flags,
    text: (told) => terminalReport({ ...told, path: pageIn(told.path) ? told.path : null }, { verbose }),
    code: showed(document, cause, fix),
    ends: (code) => faults.code(codeUnlessInterrupted(code)),
  });
  if (document.fix?.error !== undefined && !signal.aborted)
    process.stderr.write(
      `${NAME}: the fix was not verified: ${document.fix.change}: ${document.fix.error}\n`,
    );
  return code;
}

function findScenario(name: string): Cause {
  const made = CAUSES.filter(({ scenario }) => scenario);
  const cause = made.find(({ id }) => id === name);
  if (cause) return cause;
  throw new UsageError(`run ${name}: no such scenario; allowed: ${made.map(({ id }) => id).join(', ')}`);
}

function refuseElsewhere({ id, only }: Cause, runtime: RuntimeName): void {
  if (only?.platform === undefined || canBeMade(only, runtime, thisHost.platform)) return;
  throw new CannotRunError(
    `run ${id}: ${only.why}; allowed: ${only.platform}, with --runtime ${only.runtimes.join(' or ')}`,
  );
}

function stepText(step: Step, runtime: string, { values }: ResolvedSettings): string {
  const load = `${values.users} users, nofile ${values.nofile}, ${values.ramp === '0' ? 'all at once' : `over ${values.ramp}`}`;
  return step === 'fault' ? `run: ${load}, runtime ${runtime}` : `fix: ${load}`;
}

/**
 * 0 when the run showed what was requested: the cause is confirmed and its fix works, or, without a cause, no failure is unknown. 1
 * otherwise, and when the run with the fix gave no result.
 */
export function showed(document: VerdictDocument, cause: Cause | undefined, fix: boolean): number {
  if (!document.complete || document.fix?.error !== undefined) return 1;
  const word = (id: string) => document.verdicts.find((verdict) => verdict.cause === id)?.verdict;
  if (cause === undefined) return word('unknown') === undefined ? 0 : 1;
  return word(cause.id) === 'confirmed' && (!fix || document.fix?.verified) ? 0 : 1;
}

import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { defined } from '../../common/defined.ts';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { PACKAGED } from '../../common/own-files.ts';
import { Faults } from '../../common/tell.ts';
import { robots } from '../drivers/robots-driver.ts';
import { examine } from '../exam/exam.ts';
import type { ExamDocument } from '../exam/exam-document.ts';
import { answerLine, examReport, fixLine } from '../exam/print-exam.ts';
import { readyPaper, writePaper } from '../exam/questions.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import { LOCAL_RUNTIMES } from '../runtimes/runtime.ts';
import { type Answering, finish } from './expect-options.ts';
import { JSON_ONLY, LOCAL_WORDS } from './option-words.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

const EXAM: Answering<ExamDocument> = {
  verb: 'exam',
  answer: ({ right, wrong, asked, seed, mistakes }) => ({
    sentence: `${right} right, ${wrong} wrong of ${asked} (seed ${seed})`,
    evidence: mistakes.map(
      ({ question, truth, answer, why }) => `${question}: ${truth}, and it said ${answer}: ${why}`,
    ),
  }),
};

interface ExamFlags {
  quick?: boolean;
  repeats?: string;
  pairs?: boolean;
  only?: string;
  seed?: string;
  atOnce?: string;
  fix?: boolean;
  strangers?: boolean;
  whole?: boolean;
  runtime: string;
  json?: boolean;
}

const REPEATS = 3;

/** A question mostly waits, so more of them run than there are cores. */
const AT_ONCE = Math.min(8, 2 * availableParallelism());

/** `exam`: makes every cause and every healthy shape in an unknown order, and marks each verdict. */
export function examVerb(program: Command): void {
  program
    .command('exam')
    .description('make every cause and every healthy shape, unlabelled and shuffled, and mark the verdicts')
    .option('--quick', 'make each once, without pairs')
    .option('--repeats <number>', `how often each is made (default: ${REPEATS})`)
    .option('--pairs', 'make pairs of causes too, also with --quick')
    .option('--no-pairs', 'make no pairs of causes')
    .option('--only <ids>', 'only these causes, healthy shapes or pairs (a+b), separated by commas')
    .option('--seed <number>', 'seed of the order, the sizes and everything random (default: a new one)')
    .option('--at-once <number>', `how many questions run side by side (default: ${AT_ONCE})`)
    .option('--fix', 'run each cause once more with its fix')
    .option('--strangers', 'instead, diagnose programs that we did not write, each healthy and at its limits')
    .option('--whole', 'with --strangers: ask everything about each program, not only what the seed chooses')
    .option('--runtime <name>', LOCAL_WORDS, process.env.RUNTIME || 'auto')
    .option('--json', JSON_ONLY)
    .action(ends(exam));
}

async function exam(flags: ExamFlags): Promise<number> {
  const quick = flags.quick ?? false;
  const seed = whole('--seed', flags.seed, 0, 4_294_967_295) ?? randomInt(1, 1_000_000);
  const repeats = whole('--repeats', flags.repeats, 1, 1000) ?? (quick ? 1 : REPEATS);
  const asked = whole('--at-once', flags.atOnce, 1, 64) ?? AT_ONCE;
  const only = flags.only?.split(',').map((id) => id.trim());
  refuseMixed(flags);
  if (flags.strangers) {
    if (PACKAGED)
      throw new CannotRunError(
        'exam --strangers: its programs and their settings are in a clone of resetlab alone; run it there',
      );
    const { examStrangers } = await import('./exam-strangers.ts');
    return examStrangers({
      seed,
      atOnce: asked,
      whole: flags.whole ?? false,
      json: flags.json ?? false,
      ...defined({ only }),
    });
  }
  const pairs = flags.pairs ?? !quick;
  const wanted = { seed, pairs, ...defined({ only }) };
  writePaper({ runtime: 'netns', repeats: 1, ...wanted });
  const signal = interruptible();
  const runtime = await pickRuntime(flags.runtime, { names: LOCAL_RUNTIMES });
  const written = writePaper({ runtime: runtime.name, repeats, ...wanted });
  const paper = await readyPaper(written, runtime, robots, signal);
  // On the host itself two gateways would need the same port.
  const atOnce = runtime.name === 'native' ? 1 : asked;

  const say = (text: string) => process.stderr.write(`${text}\n`);
  const total = paper.questions.length;
  say(`exam: seed ${seed}, ${total} questions, ${atOnce} at once, runtime ${runtime.name}`);
  let number = 0;
  const faults = new Faults();
  const document = await examine({
    runtime,
    driver: robots,
    signal,
    seed,
    paper,
    atOnce,
    fix: flags.fix ?? false,
    onAnswer(one) {
      number += 1;
      say(answerLine(one, number, total));
    },
    onFix: (fixed) => say(fixLine(fixed)),
    onFailed: faults.note,
  });
  return finish(EXAM, {
    document,
    flags: { json: flags.json ?? false },
    text: examReport,
    code: passed(document),
    ends: (code) => faults.code(codeUnlessInterrupted(code)),
  });
}

/** Throws UsageError for a flag of the other exam. */
function refuseMixed({ strangers = false, whole, fix, quick, repeats }: ExamFlags): void {
  const others = strangers ? { fix, quick, repeats } : { whole };
  const [flag] = Object.entries(others).find(([, given]) => given !== undefined) ?? [];
  if (flag === undefined) return;
  const allowed = strangers
    ? '--only, --seed, --at-once, --whole and --json'
    : '--whole with --strangers alone';
  throw new UsageError(`exam: --${flag} ${strangers ? 'with' : 'without'} --strangers: allowed: ${allowed}`);
}

/** 1 for any wrong answer, and for a fix that did not help. */
function passed({ wrong, fixes = [] }: ExamDocument): number {
  return wrong === 0 && fixes.every(({ change, verified }) => verified || change === null) ? 0 : 1;
}

/** Throws UsageError for anything but a whole number in that range; undefined when nothing was given. */
function whole(flag: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${flag} ${text}: allowed: a whole number from ${min} to ${max}`);
}

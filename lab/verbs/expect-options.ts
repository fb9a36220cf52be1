import { type Command, Option } from 'commander';
import { isAbort, lineOf, UsageError } from '../../common/errors.ts';
import { widthOf } from '../../common/wrap.ts';
import { checkConditions } from '../expect/check.ts';
import type { Expectation, ExpectationDocument, Measured } from '../expect/expectation.ts';
import { readCondition } from '../expect/grammar.ts';
import { type JunitTest, junitXml } from '../expect/junit-xml.ts';
import { expectationLines } from '../report/text/expectation-lines.ts';
import type { ToldAnswer } from '../report/text/told-answer.ts';
import { inActions } from './actions/actions.ts';
import { errorAnnotation } from './actions/annotation.ts';
import { command as toRunner } from './actions/guard.ts';
import { appendSummary } from './actions/step-summary.ts';
import { checkJunit, writeJunit } from './junit-file.ts';
import { printDocument } from './verb-ending.ts';

/** Flags of the verbs whose answer a CI can hold to conditions. */
export interface ExpectFlags {
  expect?: Expectation[];
  junit?: string;
}

/** A document that conditions are put to. */
export interface Expecting {
  expectations?: ExpectationDocument[];
}

/** What a verb's documents come to, for all that is said of them beside the report. */
export interface Answering<D> {
  verb: string;
  answer(document: D): ToldAnswer;
  /** What conditions can name. */
  names?: readonly string[];
  /** What conditions are put to: one, or several that each must hold for. */
  measure?(document: D): readonly Measured[];
  /** The report as Markdown, loaded where it is wanted. */
  markdown?(document: D): Promise<string>;
  /** Another form of the JUnit XML where no condition is given. */
  junit?(document: D): string;
}

/** Adds `--expect` and `--junit` to a verb; names that a condition cannot have are refused before anything is started. */
export function withExpectFlags<D>(command: Command, { names = [] }: Answering<D>): Command {
  return command
    .addOption(
      new Option(
        '--expect <condition>',
        `exit with 0 when this holds, else with 1, e.g. ${names[0]}>=100; may be repeated; names: ${names.join(', ')}`,
      ).argParser((text: string, all: Expectation[] = []) => [...all, readCondition(text, names)]),
    )
    .option('--junit <file>', 'also write JUnit XML to this file');
}

/** Wraps what a verb does: `--junit` is checked before it starts, and written also when it comes to no result. */
export function answering<Given extends unknown[], D>(
  { verb }: Pick<Answering<D>, 'verb'>,
  run: (...given: Given) => Promise<number>,
): (...given: Given) => Promise<number> {
  return async (...given) => {
    // Commander gives the flags last but one, the command last.
    const { junit } = given.at(-2) as ExpectFlags;
    if (junit !== undefined) checkJunit(junit);
    try {
      return await run(...given);
    } catch (error) {
      // Nothing was started: there is nothing to tell of.
      if (junit !== undefined && !(error instanceof UsageError)) writeJunit(junit, brokenJunit(verb, error));
      throw error;
    }
  };
}

function brokenJunit(verb: string, error: unknown): string {
  const message = isAbort(error) ? 'interrupted before there was a result' : lineOf(error);
  const fault = { kind: 'error', type: 'no-result', message } as const;
  return suiteOf(verb, [{ ...testOf(verb, verb), fault }]);
}

interface Ending<D> {
  document: D;
  flags: ExpectFlags & { json?: boolean };
  text: (document: D) => string;
  /** The text is data for programs: nothing else belongs on stdout. */
  data?: boolean;
  /** The exit code of the verb's own answer. */
  code: number;
  /** The exit code that is given where an interruption or a fault comes before; without: the same. */
  ends?: (code: number) => number;
}

/**
 * Prints a verb's document with the conditions that were put to it, and writes what CI systems read: JUnit XML where it was asked for,
 * the step summary and an annotation of GitHub Actions. Gives the exit code: with conditions 0 when all hold and 1 when not, else that
 * of the verb's own answer.
 */
export async function finish<D extends object>(
  told: Answering<D>,
  { document: made, flags, text, data = flags.json === true, code: own, ends = (code) => code }: Ending<D>,
): Promise<number> {
  const { expect = [], junit, json } = flags;
  const expectations = checkConditions(expect, told.measure?.(made) ?? []);
  const document: D = expect.length === 0 ? made : { ...made, expectations };
  const holds = expectations.every((one) => one.holds);
  const code = ends(expect.length === 0 ? own : holds ? 0 : 1);

  printDocument(document, text, json);
  const lines = expectationLines(expectations, widthOf());
  const beside = data ? process.stderr : process.stdout;
  if (lines.length > 0) beside.write(`\n${lines.join('\n')}\n`);
  const answer = told.answer(document);
  if (inActions() && code === 1)
    toRunner(beside, errorAnnotation(`resetlab ${told.verb}`, messageOf(answer, expectations)));
  if (process.env.GITHUB_STEP_SUMMARY && told.markdown) {
    const { summaryOf } = await import('../report/markdown/expectations-markdown.ts');
    appendSummary(summaryOf(await told.markdown(document), expectations));
  }
  if (junit !== undefined) {
    const plain = expect.length === 0 ? told.junit?.(document) : undefined;
    writeJunit(junit, plain ?? junitOf(told.verb, document, answer, expectations, code));
  }
  return code;
}

/** What failed, then the answer and the first of its evidence. */
function messageOf({ sentence, evidence }: ToldAnswer, expectations: readonly ExpectationDocument[]): string {
  const failed = expectations.filter(({ holds }) => !holds);
  return [...failed.map(failedLine), sentence, ...evidence.slice(0, 3)].join('\n');
}

function failedLine({ condition, says }: ExpectationDocument): string {
  return `expected ${condition}: ${says}`;
}

/** One test a condition; without one, a test for the verb's own answer. */
function junitOf(
  verb: string,
  document: object,
  { sentence, evidence }: ToldAnswer,
  expectations: readonly ExpectationDocument[],
  code: number,
): string {
  const failure = (message: string) =>
    ({ kind: 'failure', type: 'not-as-expected', message, lines: [sentence, ...evidence] }) as const;
  const { host, name = verb } = document as { host?: Record<string, string>; name?: string };
  const own: JunitTest = { ...testOf(verb, name), ...(code === 0 ? {} : { fault: failure(sentence) }) };
  const tests = expectations.map((one): JunitTest => {
    const test = testOf(verb, one.condition, performance.now() / expectations.length);
    return one.holds
      ? { ...test, out: one.says }
      : { ...test, fault: failure(`${failedLine(one)}; ${sentence}`) };
  });
  return suiteOf(verb, tests.length > 0 ? tests : [{ ...own, out: sentence }], host);
}

/** All tests of a verb come out together: each has an equal part of its time. */
function testOf(verb: string, name: string, wallMs = performance.now()): JunitTest {
  return { name, classname: `resetlab.${verb}`, wallMs };
}

function suiteOf(verb: string, tests: readonly JunitTest[], properties?: Record<string, string>): string {
  const startedAt = new Date(performance.timeOrigin).toISOString();
  return junitXml({ name: `resetlab ${verb}`, tests, startedAt, properties });
}

import { defined } from '../../common/defined.ts';
import { lineOf } from '../../common/errors.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { drawFacts, type Facts } from '../facts/facts.ts';
import { measure } from '../run/measure.ts';
import { chooseFix, withFix } from '../run/scenario.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { DEFAULTS, FAULTS } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { judge } from '../verdict/judge.ts';
import { CAUSES } from '../verdict/registry.ts';
import { type Answer, answerOf, type Mark, markOf } from './answer.ts';
import type { Question } from './questions.ts';

export interface Examiner {
  runtime: Runtime;
  driver: Driver;
  signal?: AbortSignal;
  /** Called with the error that stopped a question or its fix; its line is in the document too. */
  onFailed?: (error: unknown) => void;
}

/** The result of a question. */
export interface Answered {
  question: Question;
  answer: Answer;
  mark: Mark;
  facts: Facts;
  verdicts: Verdict[];
  wallMs: number;
}

/** A question that could not be put, because the run failed to start or to end. */
export interface Unput {
  question: Question;
  error: string;
  wallMs: number;
}

/** Second run of a cause, with its fix. */
export interface Fixed {
  cause: string;
  /** Null: nothing that the lab can set helps. */
  change: string | null;
  verified: boolean;
  failed: number;
}

/** Runs the question's load and has it judged by its evidence alone; undefined when it was interrupted. */
export function put(question: Question, examiner: Examiner): Promise<Answered | Unput | undefined> {
  const began = performance.now();
  const wallMs = () => Math.round(performance.now() - began);
  const answered = async () => {
    // Only the evidence is judged, without the faults that were switched on.
    const facts = drawFacts(sealed(await execute(question.settings, examiner)));
    const verdicts = judge(facts, CAUSES);
    const answer = answerOf(facts.failed.length, verdicts);
    return { question, answer, mark: markOf(question, answer), facts, verdicts, wallMs: wallMs() };
  };
  return attempt<Answered | Unput>(examiner, answered, (error) => ({ question, error, wallMs: wallMs() }));
}

/** Runs the same load with the fix of the confirmed cause; undefined when it was interrupted. */
export async function tryFix(
  { question, facts, verdicts }: Answered,
  examiner: Examiner,
): Promise<Fixed | undefined> {
  const cause = question.id;
  const fix = chooseFix(facts, verdicts, question.settings);
  if (fix === undefined) return { cause, change: null, verified: false, failed: facts.failed.length };
  const fixed = async () => {
    const { failed, open, asked } = drawFacts(await execute(withFix(question.settings, fix), examiner));
    const verified = failed.length === 0 && open === asked;
    return { cause, change: fix.change, verified, failed: failed.length };
  };
  return attempt<Fixed>(examiner, fixed, (error) => {
    return { cause, change: `${fix.change}: ${error}`, verified: false, failed: 0 };
  });
}

/** The result of the work, or what `stopped` makes of the line about its error; undefined when it was interrupted. */
async function attempt<T>(
  { signal, onFailed }: Examiner,
  work: () => Promise<T>,
  stopped: (line: string) => T,
): Promise<T | undefined> {
  try {
    const done = await work();
    return signal?.aborted ? undefined : done;
  } catch (error) {
    onFailed?.(error);
    return signal?.aborted ? undefined : stopped(lineOf(error));
  }
}

/** The same evidence, with the settings that make a failure on purpose at their defaults. */
export function sealed(evidence: Evidence): Evidence {
  const hidden = Object.fromEntries(FAULTS.map((name) => [name, DEFAULTS[name]]));
  return { ...evidence, asked: { ...evidence.asked, ...hidden } };
}

function execute(settings: ResolvedSettings, { runtime, driver, signal }: Examiner): Promise<Evidence> {
  return measure({ runtime, driver, settings, label: newLabel(), ...defined({ signal }) });
}

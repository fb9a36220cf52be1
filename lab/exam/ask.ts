import { lineOf } from '../../common/errors.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { drawFacts, type Facts } from '../facts/facts.ts';
import { measure } from '../run/measure.ts';
import { chooseFix, withFix } from '../run/scenario.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { judge } from '../verdict/judge.ts';
import { type Answer, answerOf, type Mark, markOf } from './answer.ts';
import { sealed } from './hide-faults.ts';
import type { Question } from './questions.ts';

export interface Examiner {
  runtime: Runtime;
  driver: Driver;
  signal?: AbortSignal;
  /** Called with what stopped a question or its fix; its line stands in the document too. */
  onFailed?: (error: unknown) => void;
}

/** What became of a question. */
export interface Answered {
  question: Question;
  answer: Answer;
  mark: Mark;
  facts: Facts;
  verdicts: Verdict[];
  wallMs: number;
}

/** A question that could not be put: the run did not come about. */
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
export async function put(question: Question, examiner: Examiner): Promise<Answered | Unput | undefined> {
  const began = performance.now();
  const wallMs = () => Math.round(performance.now() - began);
  try {
    const { facts, verdicts } = judged(await execute(question.settings, examiner));
    if (examiner.signal?.aborted) return undefined;
    const answer = answerOf(facts.failed.length, verdicts);
    return { question, answer, mark: markOf(question, answer), facts, verdicts, wallMs: wallMs() };
  } catch (error) {
    examiner.onFailed?.(error);
    return examiner.signal?.aborted ? undefined : { question, error: lineOf(error), wallMs: wallMs() };
  }
}

/** Runs the same load with the fix of what was confirmed; undefined when it was interrupted. */
export async function tryFix(
  { question, facts, verdicts }: Answered,
  examiner: Examiner,
): Promise<Fixed | undefined> {
  const cause = question.id;
  const fix = chooseFix(facts, verdicts, question.settings);
  if (fix === undefined) return { cause, change: null, verified: false, failed: facts.failed.length };
  try {
    const fixed = drawFacts(await execute(withFix(question.settings, fix), examiner));
    if (examiner.signal?.aborted) return undefined;
    const failed = fixed.failed.length;
    return { cause, change: fix.change, verified: failed === 0 && fixed.open === fixed.asked, failed };
  } catch (error) {
    examiner.onFailed?.(error);
    if (examiner.signal?.aborted) return undefined;
    return { cause, change: `${fix.change}: ${lineOf(error)}`, verified: false, failed: 0 };
  }
}

/** Nothing but the evidence comes in here, and of that not the faults that were switched on. */
function judged(evidence: Evidence): { facts: Facts; verdicts: Verdict[] } {
  const facts = drawFacts(sealed(evidence));
  return { facts, verdicts: judge(facts) };
}

function execute(settings: ResolvedSettings, { runtime, driver, signal }: Examiner): Promise<Evidence> {
  return measure({ runtime, driver, settings, label: newLabel(), ...(signal ? { signal } : {}) });
}

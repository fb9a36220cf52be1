import { Debug } from '../../common/debug.ts';
import { type Answered, type Examiner, type Fixed, put, tryFix, type Unput } from './ask.ts';
import { type ExamDocument, examDocument } from './exam-document.ts';
import type { Paper } from './questions.ts';

const debug = new Debug('exam');

interface ExamOptions extends Examiner {
  seed: number;
  paper: Paper;
  /** So many questions run side by side. */
  atOnce: number;
  /** Also run each cause once more with its fix. */
  fix: boolean;
  onAnswer?: (one: Answered | Unput) => void;
  onFix?: (fixed: Fixed) => void;
}

/** Puts all questions and gives the document. On an abort it holds what was answered until then. */
export async function examine(options: ExamOptions): Promise<ExamDocument> {
  const { paper, atOnce, signal, runtime, driver, seed } = options;
  const began = performance.now();
  const fixes = options.fix ? new Map<string, Fixed>() : undefined;
  const answers: (Answered | Unput)[] = [];
  const all = startAll(paper.questions, atOnce, async (question) => {
    const one = signal?.aborted
      ? undefined
      : await debug.wait(`the question ${question.id}`, put(question, options));
    if (one === undefined) return;
    answers.push(one);
    options.onAnswer?.(one);
    if (fixes) await fixOnce(one, fixes, options);
  });
  await Promise.all(all);
  const wallMs = Math.round(performance.now() - began);
  const asked = paper.questions.length;
  const head = { seed, runtime: runtime.name, driver: driver.name, asked, skipped: paper.skipped, wallMs };
  return examDocument(head, answers, fixes && [...fixes.values()]);
}

/** One right answer a cause is enough to try its fix on. */
async function fixOnce(
  one: Answered | Unput,
  fixes: Map<string, Fixed>,
  options: ExamOptions,
): Promise<void> {
  const { id, truth } = one.question;
  if ('error' in one || one.mark.kind !== 'right' || truth.length !== 1 || fixes.has(id)) return;
  fixes.set(id, { cause: id, change: null, verified: false, failed: 0 });
  const fixed = await debug.wait(`the fix of ${id}`, tryFix(one, options));
  if (fixed) {
    fixes.set(id, fixed);
    options.onFix?.(fixed);
  } else fixes.delete(id);
}

/**
 * Works on all items in their order, `width` at a time, and gives a promise for each at once. Until somebody asks for it, a
 * failure is nobody's.
 */
export function startAll<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result>[] {
  const tasks = items.map((item) => ({ item, ...Promise.withResolvers<Result>() }));
  const queue = tasks.values();
  const lane = async () => {
    for (const { item, resolve, reject } of queue) await work(item).then(resolve, reject);
  };
  for (let count = 0; count < width; count += 1) void lane();
  for (const { promise } of tasks) promise.catch(() => {});
  return tasks.map(({ promise }) => promise);
}

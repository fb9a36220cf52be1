import { Debug } from '../../../common/debug.ts';
import { startAll } from '../exam.ts';
import { askStranger, type StrangerAnswer, type StrangerExaminer } from './ask-stranger.ts';
import { nameOf, type StrangerQuestion } from './stranger-questions.ts';
import { type StrangersDocument, strangersDocument } from './strangers-document.ts';

const debug = new Debug('exam');

interface StrangersOptions extends StrangerExaminer {
  seed: number;
  questions: readonly StrangerQuestion[];
  skipped: { id: string; why: string }[];
  /** So many questions run side by side. */
  atOnce: number;
  onAnswer?: (one: StrangerAnswer) => void;
}

/** Puts all questions and gives the document. On an abort it holds what was answered until then. */
export async function examineStrangers(options: StrangersOptions): Promise<StrangersDocument> {
  const { questions, atOnce, seed, skipped, signal } = options;
  const began = performance.now();
  const answers: StrangerAnswer[] = [];
  const all = startAll(questions, atOnce, async (question) => {
    if (signal?.aborted) return;
    const told = await debug.wait(`the question ${nameOf(question)}`, askStranger(question, options));
    for (const one of told) {
      answers.push(one);
      options.onAnswer?.(one);
    }
  });
  await Promise.all(all);
  const wallMs = Math.round(performance.now() - began);
  return strangersDocument({ seed, asked: diagnosesOf(questions), skipped, wallMs }, answers);
}

/** How many diagnoses these questions are. */
export function diagnosesOf(questions: readonly StrangerQuestion[]): number {
  return questions.reduce((sum, { people }) => sum + people.length, 0);
}

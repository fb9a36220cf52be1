import { CannotRunError } from '../../common/errors.ts';
import { robots } from '../../lab/drivers/robots-driver.ts';
import { put } from '../../lab/exam/ask.ts';
import { startAll } from '../../lab/exam/exam.ts';
import { mistakeOf } from '../../lab/exam/exam-document.ts';
import { mistakeText } from '../../lab/exam/print-exam.ts';
import { type Question, writePaper } from '../../lab/exam/questions.ts';
import type { Runtime } from '../../lab/runtimes/runtime.ts';
import { skip } from '../skip.ts';
import { SEED } from '../thresholds/shuffle.ts';
import { isDrawn } from '../whole.ts';

/** Questions of the quick exam, or those of these ids, each as a test of its own; `width` run side by side. */
export function examSuite(runtime: Runtime, width: number, only?: readonly string[]): void {
  describe(`exam on ${runtime.name}, seed ${SEED}`, () => {
    const ending = new AbortController();
    // The quick form: a part of them, another one with the next seed.
    const paper = writePaper({
      runtime: runtime.name,
      seed: SEED,
      repeats: 1,
      pairs: false,
      ...(only ? { only } : {}),
    });
    const questions = paper.questions.filter((_, index) => isDrawn(index, only ? 2 : 4));
    const examiner = { runtime, driver: robots, signal: ending.signal };
    const ask = async (question: Question) => {
      if (ending.signal.aborted) return undefined;
      await runtime.check(question.settings);
      return put(question, examiner);
    };
    let answers: ReturnType<typeof ask>[] = [];
    before(() => {
      answers = startAll(questions, width, ask);
    });
    // With --grep some are asked for by no test.
    after(async () => {
      ending.abort();
      await Promise.allSettled(answers);
    });

    for (const [index, question] of questions.entries()) {
      const { id, truth } = question;
      it(
        truth.length > 0 ? `${id} is told from all others` : `${id}: nothing is confirmed`,
        async function () {
          try {
            const one = await answers[index];
            const mistake = one && mistakeOf(one);
            if (mistake) throw new Error(mistakeText(mistake));
          } catch (error) {
            if (!(error instanceof CannotRunError)) throw error;
            skip(this, error.message);
          }
        },
      );
    }
  });
}

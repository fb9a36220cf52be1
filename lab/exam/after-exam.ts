import { LAB } from '../../common/called.ts';
import { type Next, whole } from '../../common/next.ts';
import { PACKAGED } from '../../common/own-files.ts';
import { shellWord } from '../../common/shell-word.ts';
import type { ExamDocument } from './exam-document.ts';

/** What helps most after an exam: the first mistake again and alone, or the harder exam. */
export function nextAfterExam({ mistakes, complete, seed }: ExamDocument): Next | undefined {
  if (!complete) return undefined;
  const [first] = mistakes;
  return first === undefined
    ? whole(
        PACKAGED ? `${LAB} diagnose --port <port>` : `${LAB} exam --strangers --only nginx,redis`,
        PACKAGED ? 'your own server' : 'servers that are not ours',
      )
    : whole(
        `${LAB} exam --only ${shellWord(first.question)} --seed ${seed} --at-once 1`,
        'the first mistake, alone',
      );
}

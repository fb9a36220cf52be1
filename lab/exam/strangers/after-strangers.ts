import { LAB } from '../../../common/called.ts';
import { type Next, whole } from '../../../common/next.ts';
import { shellWord } from '../../../common/shell-word.ts';
import type { StrangersDocument } from './strangers-document.ts';

/** What helps most after an exam of strangers: the first mistake again, a wrong name before an open one; or the reader's own server. */
export function nextAfterStrangers({ mistakes, complete, seed }: StrangersDocument): Next | undefined {
  if (!complete) return undefined;
  const first = mistakes.find(({ kind }) => kind === 'wrong') ?? mistakes.find(({ kind }) => kind !== 'void');
  if (first === undefined) return whole(`${LAB} diagnose --port <port>`, 'your own server');
  const [program = '', rest = ''] = first.question.split(': ');
  const [situation = ''] = rest.split(', ');
  return whole(
    `${LAB} exam --strangers --only ${shellWord(`${program},${situation}`)} --seed ${seed}`,
    first.kind === 'wrong' ? 'the first wrong name, alone' : 'the first that was not named, alone',
  );
}

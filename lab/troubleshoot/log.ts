import { shellWord } from '../../common/format.ts';
import { faultsIn } from './life.ts';
import { type Command, type Look, type Subject, textsOf } from './step.ts';

/** How many lines of the log are read. */
const LINES = 20;

/** The end of the server's log, when one was named. */
export function logCommands({ log }: Subject): Command[] {
  if (log === undefined) return [];
  return [
    {
      line: `tail -n ${LINES} ${shellWord(log)}`,
      columns: ['any line: a panic, an uncaught error, EMFILE or a time-out is a cause by itself'],
    },
  ];
}

/** Lines in it that tell of a death or a fault. */
export function faultsOf(subject: Subject, looks: readonly Look[]): string[] {
  return logCommands(subject).flatMap(({ line }) => [...new Set(textsOf(looks, line).flatMap(faultsIn))]);
}

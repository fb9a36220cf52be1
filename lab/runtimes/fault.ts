import { CannotRunError } from '../../common/errors.ts';
import type { Ending } from './runtime.ts';

/** Node's exit code after an error that nobody caught, and the words with which it then ends what it prints. */
const UNCAUGHT = 1;
const LAST_WORDS = /^Node\.js v\d/m;
/** An error of the system is printed with its number: that is what the machine refused, or what a limit asked for. */
const SYSTEM = /^\s*errno: -?\d+/m;

/** Why a part ended, in one line: the first of what it printed, else how it ended. */
export function reasonOf({ code, signal, output }: Ending): string {
  return output.split('\n').find((line) => line.trim() !== '') ?? `ended with ${signal ?? `code ${code}`}`;
}

/**
 * What to throw for a part that ended before it was told to: `CannotRunError` with `says`, unless the part died of an error that
 * nobody foresaw. That is a fault of ours, and what the part printed of it is all there is to tell.
 */
export function endedEarly(role: string, { code, output }: Omit<Ending, 'signal'>, says: string): Error {
  if (code !== UNCAUGHT || !LAST_WORDS.test(output) || SYSTEM.test(output)) return new CannotRunError(says);
  return new Error(`${role}: ended by an error that nobody caught:\n${output}`);
}

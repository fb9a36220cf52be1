import { closeSync, constants, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { CannotRunError, messageOf, UsageError } from '../../common/errors.ts';

/** Throws UsageError when this file cannot be written: before the start, and not after hours. Leaves what is there as it is. */
export function checkJunit(path: string): void {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
  try {
    if (path.trim() === '') throw new Error('no name');
    const there = existsSync(path);
    // A pipe without a reader would be waited for.
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0o666));
    if (!there) rmSync(path);
  } catch (error) {
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--junit ${path}: cannot be written (${code}); allowed: a file that this user may write`,
    );
  }
}

/** Throws CannotRunError when it cannot be written any more. */
export function writeJunit(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    throw new CannotRunError(`--junit ${path}: cannot be written any more (${code}); make it writable again`);
  }
}

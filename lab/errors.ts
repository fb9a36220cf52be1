/** Bad usage or settings: one line that says what is wrong, where, and what is allowed. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly exitCode = 2;
}

/** This machine cannot run it: one line that says what is missing and how to get it. Exit code 3. */
export class CannotRunError extends Error {
  override name = 'CannotRunError';
  readonly exitCode = 3;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

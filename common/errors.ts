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

/** Was it thrown because somebody asked for the end? */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** What was thrown, in one line. */
export function lineOf(error: unknown): string {
  return (foreseen(error)?.message ?? messageOf(error)).replace(/\s+/g, ' ').trim();
}

/** What the machine says when it has no more of something, or does not let this user; nothing of ours brings it about. */
const MACHINE = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EFBIG', 'EACCES', 'EPERM'],
  ...['ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN'],
  // The lab itself talks over a socket with the container engine alone.
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'],
]);

/**
 * What was thrown as one of the two kinds that are told in one line. Beside those themselves that is what the machine says (no space,
 * no permission, no such command) and what the container engine answers. Undefined: nobody foresaw it, so it is a fault of ours.
 */
export function foreseen(error: unknown): UsageError | CannotRunError | undefined {
  if (error instanceof UsageError || error instanceof CannotRunError) return error;
  if (!(error instanceof Error)) return undefined;
  // Ending what was started failed as well: then what came first is told. By its name: the class is not in every Node.
  if (error.name === 'SuppressedError') {
    const { error: last, suppressed: first } = error as SuppressedError;
    return foreseen(last) && foreseen(first);
  }
  const { code, syscall, path, statusCode } = error as NodeJS.ErrnoException & { statusCode?: unknown };
  const said = messageOf(error).replace(/\s+/g, ' ').trim();
  // Dockerode's, of an answer that is no success.
  if (typeof statusCode === 'number') return new CannotRunError(`docker: ${said}`, { cause: error });
  if (code === undefined) return undefined;
  if (code === 'ENOENT' && syscall?.startsWith('spawn'))
    return new CannotRunError(`${path ?? said}: not installed, or not in the PATH`, { cause: error });
  if (code === 'ENOENT' && syscall === 'uv_cwd')
    return new UsageError('the folder that this is started in is gone; start it in another', {
      cause: error,
    });
  // The engine's socket.
  const machine = MACHINE.has(code) || (code === 'ENOENT' && syscall === 'connect');
  return machine ? new CannotRunError(said || code, { cause: error }) : undefined;
}

import { CannotRunError } from '../../common/errors.ts';

/** The promise, bounded in time (CannotRunError with `says`), and by an abort (its reason). */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
  signal: AbortSignal,
  says: string,
): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new CannotRunError(`${says} in ${ms / 1000} s`)), ms);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, cut]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

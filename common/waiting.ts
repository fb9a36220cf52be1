import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so long, ms, or until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
}

/** What the promise gives, or the signal's reason as soon as that is aborted. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, cut]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** What the promise gives within `ms`; throws `late` after that, and the signal's reason as soon as that is aborted. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
  late: Error,
  signal?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(late), ms);
  try {
    return await unlessAborted(promise, signal ? AbortSignal.any([signal, over.signal]) : over.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** How often to try, and for how long, ms. */
export interface Patience {
  everyMs: number;
  forMs: number;
}

/** Tries until it gives something, and gives that; undefined when it has not in time. It is tried once at least. */
export async function retryUntil<T>(
  attempt: () => T | undefined | Promise<T | undefined>,
  { everyMs, forMs }: Patience,
): Promise<T | undefined> {
  const until = performance.now() + forMs;
  for (;;) {
    const found = await attempt();
    if (found !== undefined || performance.now() >= until) return found;
    await sleep(everyMs);
  }
}

const going = new Set<Promise<unknown>>();

/** Notes work that goes on beside the tests, and takes a part of the machine: packages installed, k6 built. */
export function beside<T>(work: Promise<T>): Promise<T> {
  going.add(work);
  const over = () => going.delete(work);
  work.then(over, over);
  return work;
}

/** Resolves when none of that work goes on any more, however it ended. */
export async function quiet(): Promise<void> {
  while (going.size > 0) await Promise.allSettled(going);
}

/** The same work, begun by whoever asks first, and once: the others get what it gives them. */
export function once<Given extends unknown[], T>(begin: (...given: Given) => T): (...given: Given) => T {
  let begun: T | undefined;
  return (...given) => {
    begun ??= begin(...given);
    return begun;
  };
}

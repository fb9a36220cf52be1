import { within } from '../../common/waiting.ts';
import type { Ending, Part } from '../runtimes/runtime.ts';

/** What a part begins with; throws what `why` makes of its ending when it has ended before. */
export function unlessEnded<T>(
  { ended }: Pick<Part, 'ended'>,
  begun: Promise<T>,
  why: (ending: Ending) => Error,
): Promise<T> {
  const died = ended.then((ending) => {
    throw why(ending);
  });
  return Promise.race([begun, died]);
}

/** How a load ended; `stop` is called when it has not within `boundMs`, or when the signal is aborted. */
export async function endOfLoad(
  { ended }: Pick<Part, 'ended'>,
  boundMs: number,
  stop: () => void,
  signal?: AbortSignal,
): Promise<Ending> {
  try {
    return await within(boundMs, ended, new Error(`no end after ${boundMs} ms`), signal);
  } catch {
    stop();
    return ended;
  }
}

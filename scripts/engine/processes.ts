import { retryUntil } from '../../common/waiting.ts';
import { startTime } from '../../system/proc/stat.ts';

/** Waits until the process that started then is gone, at most `ms`. Gives whether it is. */
export async function gone(pid: number, started: number, ms: number): Promise<boolean> {
  const ended = () => startTime(pid) !== started || undefined;
  return (await retryUntil(ended, { everyMs: 50, forMs: ms })) ?? false;
}

import { readFileSync } from 'node:fs';
import { startIn } from '../../system/proc/stat.ts';

/**
 * When a process started, in clock ticks since boot, as the kernel counts them; undefined when there is none (or it is
 * a zombie). With the pid it names one process for good: pids are used again, the pair is not.
 */
export function startTime(pid: number): number | undefined {
  try {
    return startIn(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Waits until the process is gone, at most `ms`. Gives whether it is. */
export async function gone(pid: number, started: number, ms: number): Promise<boolean> {
  for (const deadline = Date.now() + ms; ; ) {
    if (startTime(pid) !== started) return true;
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

import { readdirSync } from 'node:fs';
import { readText } from '../read.ts';

/**
 * For how long all threads of these processes have run, ms (/proc/PID/task/TID/schedstat, its first number, in ns:
 * Documentation/scheduler/sched-stats.rst). Threads that have ended are not in it. Undefined where the kernel does not count it.
 */
export function ranMs(pids: readonly number[]): number | undefined {
  let ran = 0;
  for (const pid of pids)
    for (const tid of threadsOf(pid))
      ran += Number((readText(`/proc/${pid}/task/${tid}/schedstat`) ?? '').split(' ')[0] ?? 0) / 1e6;
  return ran > 0 ? ran : undefined;
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
    return [];
  }
}

import { readdirSync } from 'node:fs';
import { readSchedstat } from './schedstat.ts';

/**
 * For how long all threads of these processes have run, ms. Threads that have ended are not in it. Undefined where the kernel does not
 * count it.
 */
export function ranMs(pids: readonly number[]): number | undefined {
  let ran = 0;
  for (const pid of pids)
    for (const tid of threadsOf(pid)) ran += readSchedstat(`/proc/${pid}/task/${tid}`)?.ranMs ?? 0;
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

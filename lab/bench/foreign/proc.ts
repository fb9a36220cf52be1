import { readdirSync, readFileSync } from 'node:fs';
import { readStat } from '../../../system/proc/stat.ts';
import { statusBytes } from '../../../system/proc/status.ts';

/** CPU of this process's descendants that have ended, microseconds. */
export function childrenCpu(): number {
  return (readStat('self')?.childrenCpuMs ?? Number.NaN) * 1000;
}

/** Peak of a process and all its descendants that live now, bytes: their peaks' sum (VmHWM, fs/proc/task_mmu.c task_mem), so at most too high. */
export function treePeak(pid: number): number {
  try {
    const own = statusBytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
    return childrenOf(pid).reduce((sum, child) => sum + treePeak(child), own);
  } catch {
    // It has just ended.
    return 0;
  }
}

/** Each thread has the children that it started. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
}

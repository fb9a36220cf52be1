import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, see evidence/linux/process.ts. */
const MICROS_PER_TICK = 10_000;

/**
 * User and system time of all descendants that were waited for, microseconds, from the text of /proc/PID/stat: cutime and
 * cstime (fs/proc/array.c do_task_stat). The kernel adds up nanoseconds (kernel/exit.c wait_task_zombie) and cuts both
 * to whole ticks when they are read, so this is up to 20 ms too low.
 */
export function parseChildrenCpu(text: string): number {
  // The name in brackets may itself hold spaces and brackets, so fields count from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * MICROS_PER_TICK;
}

/** The most that a process ever had resident, bytes, from the text of /proc/PID/status (VmHWM, fs/proc/task_mmu.c task_mem); 0 when it has no memory any more. */
export function parsePeak(text: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** CPU of this process's descendants that have ended, microseconds. */
export function childrenCpu(): number {
  return parseChildrenCpu(readFileSync('/proc/self/stat', 'latin1'));
}

/** Peak of a process and all its descendants that live now, bytes: their peaks' sum, so at most too high. */
export function treePeak(pid: number): number {
  try {
    const own = parsePeak(readFileSync(`/proc/${pid}/status`, 'latin1'));
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

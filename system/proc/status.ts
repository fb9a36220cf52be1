import { readdirSync, readFileSync } from 'node:fs';
import { readText } from '../read.ts';

/** What stands behind a name in the text of /proc/PID/status (proc_pid_status(5)); undefined when it is not there. */
export function statusField(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(text)?.[1];
}

/** The same of a size, bytes: it is in units of 1024 bytes, whatever the page size. 0 of a process that has no memory any more. */
export function statusBytes(text: string, name: string): number {
  return Number.parseInt(statusField(text, name) ?? '0', 10) * 1024;
}

/** The numbers that a process has in its pid namespaces, from that of /proc down to its own; undefined when it cannot be seen. */
export function readNamespacePids(pid: number | 'self'): number[] | undefined {
  return statusField(readText(`/proc/${pid}/status`) ?? '', 'NSpid')
    ?.split('\t')
    .map(Number);
}

/** The most that a process and all its descendants that live now ever had resident, bytes: their peaks' sum (VmHWM), so at most too high. */
export function readTreePeak(pid: number): number {
  try {
    const own = statusBytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
    return childrenOf(pid).reduce((sum, child) => sum + readTreePeak(child), own);
  } catch {
    // It has just ended.
    return 0;
  }
}

/** Each thread has the children that it started. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

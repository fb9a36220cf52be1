import { readText } from '../read.ts';

/** For how long a thread has run, and for how long it was ready and without a processor, ms. */
export interface Schedstat {
  ranMs: number;
  waitedMs: number;
}

/**
 * Of `/proc/PID`, its first thread, or of `/proc/PID/task/TID` (schedstat, in ns: Documentation/scheduler/sched-stats.rst). Undefined when
 * it cannot be read.
 */
export function readSchedstat(folder: string): Schedstat | undefined {
  const [ran, waited] = (readText(`${folder}/schedstat`) ?? '').split(' ').map(Number);
  if (ran === undefined || waited === undefined) return undefined;
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}

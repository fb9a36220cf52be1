import { readFileSync } from 'node:fs';

/**
 * Marks what a run makes: `resetlab.<pid of the lab>.<start time of that process>.<number>`. The start time tells the
 * process from a later one with the same pid, so that `clean` never takes a live run for a dead one.
 */
export function newLabel(): string {
  count += 1;
  return `resetlab.${process.pid}.${startOf(process.pid) ?? 0}.${count}`;
}

let count = 0;

/** Is the lab that made this label still running? */
export function isAlive(label: string): boolean {
  const [, pid, start] = label.split('.').map(Number);
  if (!pid) return false;
  const now = startOf(pid);
  return now !== undefined && (now === 0 || now === start);
}

/** Start time of a process in clock ticks after boot (field 22 of /proc/PID/stat); 0 where there is no /proc. */
function startOf(pid: number): number | undefined {
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0) ? 0 : undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';
import { thisHost } from '../../gateway/host.ts';

/**
 * Marks what a run makes: `resetlab.<pid of the lab>.<start time of that process>.<number>`. The start time tells the
 * process from a later one with the same pid, so that `clean` never takes a live run for a dead one.
 */
export function newLabel(): string {
  count += 1;
  return `resetlab.${process.pid}.${startOf(process.pid) ?? 0}.${count}`;
}

let count = 0;

/**
 * An address of the loopback (127.64.0.0 to 127.191.255.255) for a run in a network namespace of its own. Those that run at
 * the same time have different ones, so that what the kernel tells of all namespaces together can be told apart.
 */
export function addressOf(label: string): string {
  const [, pid = 0, , number = 0] = label.split('.').map(Number);
  // A pid has 22 bits at most (include/linux/threads.h PID_MAX_LIMIT).
  const bits = ((pid & 0x3f_ffff) << 1) | (number & 1);
  return `127.${64 + (bits >> 16)}.${(bits >> 8) & 255}.${bits & 255}`;
}

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
    if (thisHost.platform !== 'linux') return process.kill(pid, 0) ? 0 : undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

import { fstatSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Numbers of the descriptors this process has open, in order. The one that lists them is not among them: it is closed by
 * the time each number is asked for.
 */
export function openDescriptors(): number[] {
  return readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd')
    .map(Number)
    .filter((fd) => {
      try {
        fstatSync(fd);
        return true;
      } catch {
        return false;
      }
    })
    .sort((a, b) => a - b);
}

/** RLIMIT_NOFILE, soft, in force in this process; Number.MAX_SAFE_INTEGER for unlimited. */
export function nofile(): number {
  const soft = process.platform === 'linux' ? fromProc() : fromReport();
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}

// proc_pid_limits(5)
function fromProc(): string {
  return /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '0';
}

function fromReport(): string | number {
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as {
    userLimits?: { open_files?: { soft: string | number } };
  };
  return report.userLimits?.open_files?.soft ?? 0;
}

import { fstatSync, readdirSync } from 'node:fs';
import { type Host, sysctlNumber, thisHost } from './host.ts';

/** OPEN_MAX of macOS (XNU bsd/sys/syslimits.h): kern.maxfilesperproc is this or more. */
const OPEN_MAX = 10_240;

/**
 * Numbers of the descriptors this process has open, in order. The one that lists them is not among them: it is closed by
 * the time each number is asked for.
 */
export function openDescriptors({ platform }: Pick<Host, 'platform'> = thisHost): number[] {
  return readdirSync(platform === 'linux' ? '/proc/self/fd' : '/dev/fd')
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

/**
 * RLIMIT_NOFILE, soft, in force in this process; Number.MAX_SAFE_INTEGER for unlimited. On macOS kern.maxfilesperproc bounds it,
 * whatever the limit says (XNU bsd/kern/kern_resource.c proc_limitgetcur_nofile).
 */
export function nofile(host: Host = thisHost): number {
  const text = host.platform === 'linux' ? fromProc(host) : fromReport();
  const soft = text === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(text);
  if (host.platform !== 'darwin' || soft <= OPEN_MAX) return soft;
  return Math.min(soft, sysctlNumber(host, 'kern.maxfilesperproc') ?? soft);
}

// proc_pid_limits(5)
function fromProc(host: Host): string {
  return /^Max open files\s+(\S+)/m.exec(host.read('/proc/self/limits'))?.[1] ?? '0';
}

function fromReport(): string | number {
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as {
    userLimits?: { open_files?: { soft: string | number } };
  };
  return report.userLimits?.open_files?.soft ?? 0;
}

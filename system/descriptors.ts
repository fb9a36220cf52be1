import { closeSync, fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type Host, sysctlNumber, thisHost } from './host.ts';
import { readText } from './read.ts';

/** How many descriptors a process holds; undefined when it is gone or may not be looked at. */
export function countDescriptors(pid: number): number | undefined {
  try {
    // Since Linux 6.2 the size of the folder is the count (fs/proc/fd.c proc_fd_getattr): no walk over thousands.
    return statSync(`/proc/${pid}/fd`).size || readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

/** The numbers of the descriptors that a process holds, lowest first; undefined when they cannot be read. */
export function listDescriptors(pid: number): number[] | undefined {
  try {
    return numbersIn(`/proc/${pid}/fd`);
  } catch {
    return undefined;
  }
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Numbers of the descriptors this process has open, in order. The one that lists them is not among them: it is closed by
 * the time each number is asked for. Throws EMFILE where the folder cannot be read.
 */
export function openDescriptors({ platform }: Pick<Host, 'platform'> = thisHost): number[] {
  return numbersIn(platform === 'linux' ? '/proc/self/fd' : '/dev/fd').filter((fd) => {
    try {
      fstatSync(fd);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Closes what this process was handed down beside stdin, stdout and stderr. Some terminals, editors and CI runners leave
 * descriptors open, each would take a user's place, and the same load would show another threshold there. All that Node has
 * opened itself is FD_CLOEXEC. Elsewhere than on Linux none come from a Node parent (libuv src/unix/process.c,
 * POSIX_SPAWN_CLOEXEC_DEFAULT), and nothing is closed. Throws EMFILE where not even /proc can be read.
 */
export function closeStrays(): void {
  if (thisHost.platform !== 'linux') return;
  const strays = openDescriptors().filter((fd) => fd > 2 && !closesOnExec(fd));
  for (const fd of strays) closeSync(fd);
}

/** How fdinfo shows FD_CLOEXEC (Linux fs/proc/fd.c seq_show), which what has come through exec(2) cannot have (fs/file.c do_close_on_exec). */
const O_CLOEXEC = 0o2000000;

function closesOnExec(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

/** RLIMIT_NOFILE; Infinity for `unlimited`. */
export interface Nofile {
  soft: number;
  hard: number;
}

/** That of a process; undefined when it cannot be read. */
export function readNofile(pid: number): Nofile | undefined {
  return parseNofile(readText(`/proc/${pid}/limits`) ?? '');
}

/** The same from the text of /proc/PID/limits (proc_pid_limits(5)). */
export function parseNofile(text: string): Nofile | undefined {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text) ?? [];
  return soft && hard ? { soft: limitOf(soft), hard: limitOf(hard) } : undefined;
}

/** A limit as tools and the kernel print it. */
export function limitOf(word: string | number): number {
  return word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
}

/** OPEN_MAX of macOS (XNU bsd/sys/syslimits.h): kern.maxfilesperproc is this or more. */
const OPEN_MAX = 10_240;

/**
 * RLIMIT_NOFILE, soft, in force in this process; Number.MAX_SAFE_INTEGER for unlimited. On macOS kern.maxfilesperproc bounds it,
 * whatever the limit says (XNU bsd/kern/kern_resource.c proc_limitgetcur_nofile).
 */
export function nofile(host: Host = thisHost): number {
  const own =
    host.platform === 'linux' ? parseNofile(host.read('/proc/self/limits'))?.soft : reportedNofile();
  const soft = Math.min(own ?? 0, Number.MAX_SAFE_INTEGER);
  if (host.platform !== 'darwin' || soft <= OPEN_MAX) return soft;
  return Math.min(soft, sysctlNumber(host, 'kern.maxfilesperproc') ?? soft);
}

function reportedNofile(): number {
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft: string | number } } };
  return limitOf(report.userLimits?.open_files?.soft ?? 0);
}

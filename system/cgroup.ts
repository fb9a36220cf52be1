import { posix } from 'node:path';
import { readText } from './read.ts';

/** The limits of a process's cgroups: CPUs and MiB; 0: none. */
export interface CgroupLimits {
  cpus: number;
  memoryMb: number;
}

/** Where a controller's cgroup of this process is, and up to where it can be looked at. */
export interface CgroupPlace {
  version: 1 | 2;
  /** Mount point of the hierarchy. */
  top: string;
  /** Folder of the process's cgroup, at or below `top`. */
  folder: string;
}

export type Controller = 'cpu' | 'memory' | 'pids';

/**
 * The CPU quota and the memory limit in force for this process: of its own cgroup and those above it the tightest, as far
 * up as the mount shows them (cgroup v1 and v2). Undefined where there are no cgroups. Nothing stays open.
 */
export function cgroupLimits(): CgroupLimits | undefined {
  const [cpu, memory] = [cgroupOf('cpu'), cgroupOf('memory')];
  if (cpu === undefined && memory === undefined) return undefined;
  return { cpus: tightest(cpu, cpusOf).limit, memoryMb: tightest(memory, memoryMbOf).limit };
}

/** The cgroup of a process for a controller; undefined where there is none, or it cannot be seen. */
export function cgroupOf(controller: Controller, pid: number | 'self' = 'self'): CgroupPlace | undefined {
  const memberships = readText(`/proc/${pid}/cgroup`);
  const mounts = readText('/proc/self/mountinfo');
  return memberships === undefined || mounts === undefined
    ? undefined
    : findCgroup(controller, memberships, mounts);
}

/**
 * The same from the text of /proc/PID/cgroup (cgroups(7)) and /proc/PID/mountinfo (proc_pid_mountinfo(5)). Inside a
 * container the mount may begin at the container's own cgroup: then its files are at the mount's root.
 */
export function findCgroup(
  controller: Controller,
  memberships: string,
  mounts: string,
): CgroupPlace | undefined {
  const member = memberships.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const own = (wanted: (names: string[]) => boolean) =>
    member.find((match) => match && wanted((match[1] as string).split(',')))?.[2];
  const v1 = own((names) => names.includes(controller));
  const v2 = own((names) => names[0] === '');
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', top = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup' && v1 !== undefined && options.split(',').includes(controller))
      return { version: 1, top, folder: below(top, root, v1) };
    if (type === 'cgroup2' && v1 === undefined && v2 !== undefined)
      return { version: 2, top, folder: below(top, root, v2) };
  }
  return undefined;
}

function below(top: string, root: string, path: string): string {
  const relative = posix.relative(root, path);
  return relative.startsWith('..') ? top : posix.join(top, relative);
}

/** CPUs of `cpu.max` (v2, e.g. `50000 100000`) or of cpu.cfs_quota_us and cpu.cfs_period_us (v1); 0: no quota. */
export function cpusOf(version: 1 | 2, file: (name: string) => string | undefined): number {
  const [quota, period] =
    version === 2
      ? (file('cpu.max') ?? 'max').trim().split(' ').map(Number)
      : [Number(file('cpu.cfs_quota_us') ?? -1), Number(file('cpu.cfs_period_us') ?? 0)];
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : 0;
}

/** Without a limit v1 shows the largest number of whole pages, which no machine has. */
const NO_LIMIT = 2 ** 60;

/** MiB of `memory.max` (v2) or memory.limit_in_bytes (v1); 0: no limit. */
export function memoryMbOf(version: 1 | 2, file: (name: string) => string | undefined): number {
  const bytes = Number(file(version === 2 ? 'memory.max' : 'memory.limit_in_bytes')?.trim() || Number.NaN);
  return bytes > 0 && bytes < NO_LIMIT ? bytes / 2 ** 20 : 0;
}

/**
 * How often the kernel has killed a process of a cgroup that had no memory left: `oom_kill` of memory.events (v2) or of
 * memory.oom_control (v1, since Linux 4.13). Undefined where neither says.
 */
export function oomKillsOf(file: (name: string) => string | undefined): number | undefined {
  const text = file('memory.events') ?? file('memory.oom_control') ?? '';
  const kills = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return kills === undefined ? undefined : Number(kills);
}

/**
 * How often and for how long a CPU quota held a cgroup back, from its cpu.stat (kernel/sched/core.c cpu_cfs_stat_show and
 * cpu_extra_stat_show): microseconds in v2, nanoseconds in v1, summed over processors. Undefined where it does not say.
 */
export function throttlingOf(text: string | undefined): { periods: number; ms: number } | undefined {
  const read = (name: string) => new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1];
  const periods = read('nr_throttled');
  const [micros, nanos] = [read('throttled_usec'), read('throttled_time')];
  if (periods === undefined || (micros === undefined && nanos === undefined)) return undefined;
  const ms = micros === undefined ? Number(nanos) / 1e6 : Number(micros) / 1e3;
  return { periods: Number(periods), ms: Math.round(ms) };
}

/**
 * Gives a function that reads how the CPU quota in force has held a process back; it gives undefined, and opens nothing,
 * where there is no quota. With one a file is opened and closed at each call, and at the limit of descriptors not read.
 */
export function throttlingReader(pid: number | 'self' = 'self'): () => ReturnType<typeof throttlingOf> {
  const { folder } = tightest(cgroupOf('cpu', pid), cpusOf);
  return () => (folder === undefined ? undefined : throttlingOf(readText(posix.join(folder, 'cpu.stat'))));
}

/** The tightest limit of a cgroup and those above it up to the mount, and the cgroup that has it; of several the nearest. 0 where none has one. */
export function tightest(
  place: CgroupPlace | undefined,
  limitOf: typeof cpusOf,
): { limit: number; folder?: string } {
  let found: ReturnType<typeof tightest> = { limit: 0 };
  if (place === undefined) return found;
  for (let folder = place.folder; ; folder = posix.dirname(folder)) {
    const limit = limitOf(place.version, (name) => readText(posix.join(folder, name)));
    if (limit > 0 && (found.folder === undefined || limit < found.limit)) found = { limit, folder };
    if (folder.length <= place.top.length) return found;
  }
}

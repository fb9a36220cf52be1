import { posix } from 'node:path';
import { cgroupOf } from './cgroup.ts';
import { allPids, ownerOf } from './proc/process.ts';
import { readStat } from './proc/stat.ts';
import { readText } from './read.ts';

/** How many tasks, which are processes and their threads, may be where a process is, and how many there are. */
export interface TaskCount {
  limit: number;
  used: number;
}

/** The cgroups of a process that bound its tasks, its own first, then those above it as far as the mount shows them (v1 and v2). */
export function taskCgroupsOf(pid: number | 'self'): string[] {
  const place = cgroupOf('pids', pid);
  if (place === undefined) return [];
  const folders: string[] = [];
  for (let folder = place.folder; folder.length > place.top.length; folder = posix.dirname(folder))
    folders.push(folder);
  return folders;
}

/** What a cgroup says in pids.max and pids.current; undefined: it bounds nothing, or is gone. */
export function taskCountOf(folder: string): TaskCount | undefined {
  const limit = Number(readText(posix.join(folder, 'pids.max')));
  const used = Number(readText(posix.join(folder, 'pids.current')) ?? Number.NaN);
  return limit > 0 && Number.isFinite(limit) && used >= 0 ? { limit, used } : undefined;
}

/**
 * How often a fork was refused in or below a cgroup: `max` of pids.events (kernel/cgroup/pids.c pids_event: of the cgroup that has the
 * limit; before Linux 6.11, and with v1, of that of the process). Undefined where it does not say.
 */
export function refusedForksOf(folder: string): number | undefined {
  const count = /^max (\d+)$/m.exec(readText(posix.join(folder, 'pids.events')) ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}

/** RLIMIT_NPROC of a process, soft; undefined: none, or it cannot be read. */
export function nprocOf(pid: number): number | undefined {
  const soft = /^Max processes\s+(\d+)/m.exec(readText(`/proc/${pid}/limits`) ?? '')?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Tasks of a user that can be seen here. Who has CAP_SYS_RESOURCE is not held to RLIMIT_NPROC (kernel/fork.c copy_process). */
export function tasksOfUser(user: number): number {
  return allPids().reduce(
    (sum, pid) => (ownerOf(pid) === user ? sum + (readStat(pid)?.threads ?? 0) : sum),
    0,
  );
}

import { readdirSync } from 'node:fs';
import { readLink } from '../read.ts';
import { allPids } from './process.ts';

/** Who holds which of the sockets asked for. */
export interface Holders {
  pids: number[];
  inodes: Map<number, Set<string>>;
  /** Processes whose descriptors may not be read. */
  hidden: number;
}

/**
 * Every process that can be seen here and holds one of these sockets, lowest first, and whether one could not be looked into: for a
 * process of another user that takes CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (fs/proc/fd.c proc_fd_permission, fs/proc/base.c
 * proc_pid_readlink). With `among` only those are looked at.
 */
export function findHolders(inodes: ReadonlySet<string>, among: readonly number[] = allPids()): Holders {
  const found: Holders = { pids: [], inodes: new Map(), hidden: 0 };
  for (const pid of among.toSorted((a, b) => a - b)) {
    const held = socketsOf(pid);
    if (held === undefined) found.hidden += 1;
    const wanted = held?.filter((inode) => inodes.has(inode)) ?? [];
    if (wanted.length === 0) continue;
    found.pids.push(pid);
    found.inodes.set(pid, new Set(wanted));
  }
  return found;
}

/** Undefined when they may not be read. */
function socketsOf(pid: number): string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(
      // It may have been closed since the folder was read.
      (fd) => /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`) ?? '')?.[1] ?? [],
    );
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : [];
  }
}

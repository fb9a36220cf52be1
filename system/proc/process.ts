import { readdirSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';

/** USER_HZ: /proc shows times in 1/100 s on every architecture that Node runs on (include/asm-generic/param.h). */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;

/** How many descriptors a process holds; undefined when it is gone or may not be looked at. */
export function countDescriptors(pid: number): number | undefined {
  try {
    // Since Linux 6.2 the size of the folder is the count (fs/proc/fd.c proc_fd_getattr): no walk over thousands.
    const { size } = statSync(`/proc/${pid}/fd`);
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

/** The numbers of the descriptors that a process holds, lowest first; undefined when they cannot be read. */
export function listDescriptors(pid: number): number[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return undefined;
  }
}

/** RLIMIT_NOFILE of a process from /proc/PID/limits; `unlimited` is Infinity. */
export function readNofile(pid: number): { soft: number; hard: number } | undefined {
  try {
    const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'));
    if (match === null) return undefined;
    const [soft, hard] = match.slice(1).map((text) => (text === 'unlimited' ? Infinity : Number(text)));
    return { soft: soft as number, hard: hard as number };
  } catch {
    return undefined;
  }
}

/** State, CPU time and memory of a process, from /proc/PID/stat (fs/proc/array.c do_task_stat). */
export interface ProcessStat {
  state: string;
  /** User and system time since start, ms. */
  cpuMs: number;
  threads: number;
  /** Bytes. */
  rss: number;
}

/** Undefined when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The same from the text: the name in brackets may itself hold spaces and brackets, so fields count from its end. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '?',
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    threads: Number(fields[17]),
    rss: Number(fields[21]) * PAGE_BYTES,
  };
}

/**
 * For how long a process's first thread has run, or been ready and without a processor, ms (/proc/PID/schedstat:
 * Documentation/scheduler/sched-stats.rst). Undefined when it cannot be read, or the kernel does not count it.
 */
export function readWanted(pid: number): number | undefined {
  try {
    const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ').map(Number);
    return ran > 0 ? Math.round((ran + waited) / 1e6) : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a process: of its program, or what it calls itself (/proc/PID/cmdline, comm); undefined when there is none. */
export function nameOf(pid: number): string | undefined {
  try {
    const [words = ''] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    const name = basename(words.split(' ')[0] ?? '').replace(/:$/, '');
    // Of Node and others comm is the name of a thread.
    return name || readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

/**
 * How a process ended that is a zombie, from exit_code in /proc/PID/stat (fs/proc/array.c do_task_stat, which shows 0 to who may
 * not look into it); undefined when it is none.
 */
export function readEnding(pid: number): { code: number | null; signal: string | null } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields[0] !== 'Z' && fields[0] !== 'X') return undefined;
    const status = Number(fields[49]);
    const signal = status & 0x7f;
    if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
    const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
    return { code: null, signal: name ?? `signal ${signal}` };
  } catch {
    return undefined;
  }
}

/** Owner of a process; undefined when there is none. */
export function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

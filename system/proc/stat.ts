import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { readText } from '../read.ts';

/** USER_HZ: /proc shows times in 1/100 s on every architecture that Node runs on (include/asm-generic/param.h). */
const MS_PER_TICK = 10;

/** A process, from /proc/PID/stat (fs/proc/array.c do_task_stat; proc_pid_stat(5)). */
export interface ProcessStat {
  state: string;
  parent: number;
  /** User and system time since start, ms. */
  cpuMs: number;
  /**
   * The same of all descendants that were waited for. The kernel adds up nanoseconds (kernel/exit.c wait_task_zombie) and cuts
   * user and system time to whole ticks when they are read, so this is up to 20 ms too low.
   */
  childrenCpuMs: number;
  threads: number;
  /** Clock ticks after boot. Pids are used again; with this one it names one process for good. */
  start: number;
  /** Bytes. */
  rss: number;
  /** How it ended, as wait(2) has it; 0 while it runs, and to who may not look into it. */
  exitStatus: number;
}

/** Undefined when there is no such process. */
export function readStat(pid: number | 'self'): ProcessStat | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** The same from the text. */
export function parseStat(text: string): ProcessStat {
  // The name in brackets may itself hold spaces and brackets, so fields count from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  /** By its number in proc_pid_stat(5). */
  const field = (number: number) => Number(fields[number - 3]);
  return {
    state: fields[0] ?? '?',
    parent: field(4),
    cpuMs: (field(14) + field(15)) * MS_PER_TICK,
    childrenCpuMs: (field(16) + field(17)) * MS_PER_TICK,
    threads: field(20),
    start: field(22),
    rss: field(24) * pageBytes(),
    exitStatus: field(52),
  };
}

/** Has it ended, and only waits for its parent to ask how? */
export function hasEnded({ state }: ProcessStat): boolean {
  return 'ZXx'.includes(state);
}

/** When a process started, in clock ticks after boot; undefined when there is none, or it has ended. */
export function startTime(pid: number | 'self'): number | undefined {
  const stat = readStat(pid);
  return stat && !hasEnded(stat) ? stat.start : undefined;
}

/** What an exit status says (wait(2)). */
export function endingOf(exitStatus: number): { code: number | null; signal: string | null } {
  const signal = exitStatus & 0x7f;
  if (signal === 0) return { code: (exitStatus >> 8) & 0xff, signal: null };
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return { code: null, signal: name ?? `signal ${signal}` };
}

/** include/uapi/linux/auxvec.h. */
const AT_PAGESZ = 6n;

let page: number | undefined;

/** Bytes of a page: 4 KiB, on arm64 also 16 or 64. The kernel tells each process at its start (getauxval(3)). */
export function pageBytes(): number {
  page ??= pageBytesIn(readFileSync('/proc/self/auxv'));
  return page;
}

/** The same from pairs of a name and a value, a machine word each. */
export function pageBytesIn(auxv: Buffer): number {
  const words = new BigUint64Array(Uint8Array.from(auxv).buffer);
  const at = words.findIndex((word, index) => index % 2 === 0 && word === AT_PAGESZ);
  // Words of 32 bits are read in pairs, so that the name is not found: there pages are of 4 KiB.
  return at < 0 ? 4096 : Number(words[at + 1]);
}

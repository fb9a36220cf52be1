import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from '../../../system/proc/stat.ts';
import { readText } from '../../../system/read.ts';

/** Threads of the kernel are its children (kernel/kthread.c kthreadd). */
const KTHREADD = 2;
/** USER_HZ. */
const MS_PER_TICK = 10;

/** Does this kernel count what each thread works, by the nanosecond (CONFIG_SCHED_INFO)? */
export function hasSchedstat(): boolean {
  return /^[1-9]/.test(readText('/proc/self/schedstat') ?? '');
}

/** What the threads of a process that live now have worked, ms (fs/proc/base.c proc_pid_schedstat); 0 when it has gone. */
export function workedMs(pid: number): number {
  return tasksOf(pid).reduce((sum, task) => sum + schedstatMs(`/proc/${pid}/task/${task}`), 0);
}

/** The same of everything that lives below a process, without itself. */
export function workedBelowMs(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + workedMs(child) + workedBelowMs(child), 0);
}

/** What each thread of the kernel has worked, ms, by pid: work queues, soft interrupts that were put off. */
export function kernelThreadsMs(): Map<number, number> {
  const worked = new Map<number, number>();
  for (const pid of pids()) {
    const text = readText(`/proc/${pid}/stat`);
    if (text !== undefined && parseStat(text).parent === KTHREADD)
      worked.set(pid, schedstatMs(`/proc/${pid}`));
  }
  return worked;
}

/** What all CPUs together were busy since boot, ms, sampled at each tick (fs/proc/stat.c show_stat). */
export function machineBusyMs(): number {
  const [, ...fields] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields.map(Number);
  return (user + nice + system + irq + softirq) * MS_PER_TICK;
}

/** The processes that have this word in their argv, by their whole command. */
export function processesWith(word: string): { pid: number; command: string }[] {
  return pids().flatMap((pid) => {
    const command = readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? '';
    return command.includes(word) ? [{ pid, command }] : [];
  });
}

/** Everything that a process has started and that lives, and what those have. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function childrenOf(pid: number): number[] {
  return tasksOf(pid).flatMap((task) =>
    (readText(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function schedstatMs(folder: string): number {
  return Number((readText(`${folder}/schedstat`) ?? '0').split(' ')[0]) / 1e6;
}

import { readdirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { tableNumber } from '../net-namespaces.ts';
import { readLink, readText } from '../read.ts';
import { readSchedstat } from './schedstat.ts';
import { readStat } from './stat.ts';

/** The processes that can be seen here, lowest first. */
export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** The processes and what they have started: behind `sh -c`, npm or an init the server is a child. */
export function familyOf(...pids: number[]): number[] {
  const children = Map.groupBy(allPids(), (pid) => readStat(pid)?.parent);
  const family = new Set(pids);
  for (const member of family) for (const child of children.get(member) ?? []) family.add(child);
  return [...family];
}

/**
 * For how long a process's first thread has run, or been ready and without a processor, ms. Undefined when it cannot be read, or the
 * kernel does not count it.
 */
export function readWanted(pid: number): number | undefined {
  const { ranMs, waitedMs } = readSchedstat(`/proc/${pid}`) ?? { ranMs: 0, waitedMs: 0 };
  return ranMs > 0 ? Math.round(ranMs + waitedMs) : undefined;
}

/** The name of a process: of its program, or what it calls itself (/proc/PID/cmdline, comm); undefined when there is none. */
export function nameOf(pid: number): string | undefined {
  const [words = ''] = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  const name = basename(words.split(' ')[0] ?? '').replace(/:$/, '');
  // Of Node and others comm is the name of a thread.
  return name || readText(`/proc/${pid}/comm`)?.trim();
}

/**
 * Does /proc hide the processes of others from this user (proc(5), hidepid)? The first process of a pid namespace is there as long as it
 * is, and everybody else may read its name.
 */
export function hidesOthers(): boolean {
  return readText('/proc/1/comm') === undefined;
}

/** Owner of a process; undefined when there is none. */
export function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

/** Whether a process is in another network namespace than this one; undefined: may not be seen. */
export function isElsewhere(pid: number): boolean | undefined {
  const theirs = readLink(`/proc/${pid}/ns/net`);
  return theirs === undefined ? hasOtherNetFiles(pid) : theirs !== readLink('/proc/self/ns/net');
}

/** The same for the process of somebody else, whose links may not be read. */
export function hasOtherNetFiles(pid: number): boolean | undefined {
  const theirs = tableNumber(`/proc/${pid}/net`);
  return theirs === undefined ? undefined : theirs !== tableNumber('/proc/self/net');
}

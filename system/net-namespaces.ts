import { readdirSync, statSync } from 'node:fs';
import { readLink } from './read.ts';

/**
 * A folder such as /proc/PID/net of each network namespace of this machine that a process lives in and this user may tell apart
 * (namespaces(7): it takes the rights of ptrace(2)), by its number. One whose process has gone shows nothing any more.
 */
export function netFolders(proc = '/proc'): Map<string, string> {
  const folders = new Map<string, string>();
  for (const name of namesIn(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const number = readLink(`${proc}/${name}/ns/net`);
    if (number !== undefined && !folders.has(number)) folders.set(number, `${proc}/${name}/net`);
  }
  return folders;
}

/** The same for who has no such rights, by `tableNumber`. Behind `hidepid` one's own processes alone. */
export function netTables(proc = '/proc'): Map<number, string> {
  const folders = new Map<number, string>();
  for (const name of namesIn(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const folder = `${proc}/${name}/net`;
    const number = tableNumber(folder);
    if (number !== undefined && !folders.has(number)) folders.set(number, folder);
  }
  return folders;
}

/**
 * By which anybody tells the network namespace of a folder such as /proc/PID/net from others: each has a /proc/net of its own, whose files
 * have inodes of their own (fs/proc/generic.c proc_alloc_inum). Undefined where it may not be read.
 */
export function tableNumber(folder: string): number | undefined {
  try {
    return statSync(`${folder}/tcp`).ino;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

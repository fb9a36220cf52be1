import { readdirSync } from 'node:fs';
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCgroup, oomKillsOf } from '../../../gateway/cgroup.ts';
import type { ServerSample } from '../lines.ts';

/**
 * Gives a function that reads what the memory cgroup of another process of this machine has counted since now. It gives nothing
 * where there is no such process, or no such cgroup.
 */
export function cgroupReader(pid: number | undefined): () => Pick<ServerSample, 'oomKills'> {
  const memberships = pid === undefined ? undefined : read(`/proc/${pid}/cgroup`);
  const mounts = read('/proc/self/mountinfo');
  if (memberships === undefined || mounts === undefined) return () => ({});
  const memory = findCgroup('memory', memberships, mounts);
  const kills = () => memory && oomKillsOf((name) => read(join(memory.folder, name)));
  const killsBefore = kills() ?? 0;
  return () => {
    const now = kills();
    return now === undefined ? {} : { oomKills: now - killsBefore };
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

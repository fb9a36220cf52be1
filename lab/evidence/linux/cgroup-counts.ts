import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServerSample } from '../../../protocol/observer-events.ts';
import { cpusOf, findCgroup, oomKillsOf, throttlingOf } from '../../../system/cgroup.ts';

type CgroupSample = Pick<ServerSample, 'oomKills' | 'throttledMs'>;

/**
 * Gives a function that reads what the cgroups of another process of this machine have counted since now: kills for want of
 * memory, and the time that a CPU quota held it back. It gives nothing where there is no such process, or no such cgroup.
 */
export function cgroupReader(pid: number | undefined): () => CgroupSample {
  const memberships = pid === undefined ? undefined : read(`/proc/${pid}/cgroup`);
  const mounts = read('/proc/self/mountinfo');
  if (memberships === undefined || mounts === undefined) return () => ({});
  const memory = findCgroup('memory', memberships, mounts);
  const quota = quotaFolder(memberships, mounts);
  const kills = () => memory && oomKillsOf((name) => read(join(memory.folder, name)));
  const throttled = () => (quota === undefined ? undefined : throttlingOf(read(join(quota, 'cpu.stat')))?.ms);
  const [killsBefore = 0, throttledBefore = 0] = [kills(), throttled()];
  return () => {
    const [killsNow, throttledNow] = [kills(), throttled()];
    return {
      ...(killsNow === undefined ? {} : { oomKills: killsNow - killsBefore }),
      ...(throttledNow === undefined ? {} : { throttledMs: throttledNow - throttledBefore }),
    };
  };
}

/** The nearest cgroup above the process that has a CPU quota. */
function quotaFolder(memberships: string, mounts: string): string | undefined {
  const place = findCgroup('cpu', memberships, mounts);
  if (place === undefined) return undefined;
  for (let folder = place.folder; folder.length >= place.top.length; folder = dirname(folder)) {
    if (cpusOf(place.version, (name) => read(join(folder, name))) > 0) return folder;
    if (folder === dirname(folder)) break;
  }
  return undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

import { join } from 'node:path';
import { defined } from '../../../common/defined.ts';
import type { ServerSample } from '../../../protocol/observer-events.ts';
import { cgroupOf, oomKillsOf, throttlingReader } from '../../../system/cgroup.ts';
import { readText } from '../../../system/read.ts';

/**
 * Gives a function that reads what the cgroups of another process of this machine have counted since now: kills for want of
 * memory, and the time that a CPU quota held it back. It gives nothing where there is no such process, or no such cgroup.
 */
export function cgroupReader(pid: number): () => Pick<ServerSample, 'oomKills' | 'throttledMs'> {
  const memory = cgroupOf('memory', pid);
  const kills = () => memory && oomKillsOf((name) => readText(join(memory.folder, name)));
  const throttling = throttlingReader(pid);
  const [killsBefore = 0, throttledBefore = 0] = [kills(), throttling()?.ms];
  return () => {
    const [killsNow, throttledNow] = [kills(), throttling()?.ms];
    return defined({
      oomKills: killsNow === undefined ? undefined : killsNow - killsBefore,
      throttledMs: throttledNow === undefined ? undefined : throttledNow - throttledBefore,
    });
  };
}

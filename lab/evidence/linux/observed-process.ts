import { defined } from '../../../common/defined.ts';
import type { HolderSample, SnapshotLine } from '../../../protocol/observer-events.ts';
import { countDescriptors, listDescriptors, readNofile } from '../../../system/descriptors.ts';
import { ownerOf, readWanted } from '../../../system/proc/process.ts';
import { readStat } from '../../../system/proc/stat.ts';

/** What a process is doing now; what cannot be read is absent. */
export function sampleOf(pid: number, stat = readStat(pid)): HolderSample {
  return defined({
    state: stat?.state ?? 'gone',
    descriptors: countDescriptors(pid),
    cpuMs: stat?.cpuMs,
    rss: stat?.rss,
    threads: stat?.threads,
    wantedMs: readWanted(pid),
  });
}

/** Its limits and all that it holds; undefined when it is gone, or may not be looked into. */
export function stateOf(pid: number): SnapshotLine['process'] {
  const limits = readNofile(pid);
  const descriptors = listDescriptors(pid);
  if (limits === undefined || descriptors === undefined) return undefined;
  return { pid, nofileSoft: limits.soft, nofileHard: limits.hard, descriptors, user: ownerOf(pid) ?? -1 };
}

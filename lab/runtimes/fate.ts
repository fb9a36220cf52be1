import { readlinkSync } from 'node:fs';
import { thisHost } from '../../system/host.ts';
import { FIRST_NAMESPACE, hasOwnProc, numberOf, type Place, thisPlace } from '../../system/pid-place.ts';
import { allPids } from '../../system/proc/process.ts';
import { hasEnded, readStat, startTime } from '../../system/proc/stat.ts';
import { readNamespacePids } from '../../system/proc/status.ts';
import { type Maker, parseLabel } from './label.ts';

/** What became of the lab that made a label. */
export type Fate = 'alive' | 'dead' | 'unknown';

/**
 * Does the lab that made this label still run? `dead` and `alive` are certain. It is `unknown` of a lab of another machine, boot
 * or pid namespace that cannot be looked into, of one that hides behind `hidepid`, and of what is no label.
 *
 * It looks at the processes anew each time: one that began after the label was found is not the lab that made it.
 */
export function fateOf(label: string): Fate {
  const maker = parseLabel(label);
  const here = thisPlace();
  if (maker === undefined || here === undefined) return 'unknown';
  if (thisHost.platform === 'linux' && !hasOwnProc()) return 'unknown';
  // Its pid may be meant anywhere; with the same start time here it is meant here.
  if (maker.place === undefined) return maker.start > 0 && fateHere(maker) === 'alive' ? 'alive' : 'unknown';
  if (maker.place.boot !== here.boot) return 'unknown';
  return maker.place.namespace === here.namespace
    ? fateHere(maker)
    : fateBelow(maker, maker.place.namespace, here);
}

/** A start of 0 is not known: then whoever has the pid is taken for the lab. */
function fateHere({ pid, start }: Maker): Fate {
  const stat = readStat(pid);
  if (stat) return hasEnded(stat) || (start !== 0 && start !== stat.start) ? 'dead' : 'alive';
  // macOS has no /proc, and one mounted with hidepid does not show it (proc(5)), but the kernel tells whether there is one.
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  return start === 0 ? 'alive' : 'unknown';
}

/**
 * The same of a lab of another pid namespace. /proc shows the processes of the namespaces below its own too, and that of the
 * first namespace shows all: a lab is there or nowhere, for somebody who may look at every process.
 */
function fateBelow(maker: Maker, namespace: string, here: Place): Fate {
  if (thisHost.platform !== 'linux') return 'unknown';
  const pids = allPids();
  // Where hidepid leaves processes out, it leaves out init first.
  let all = here.namespace === FIRST_NAMESPACE && pids.includes(1);
  for (const pid of pids) {
    // Of this namespace, whether it may be looked at or not.
    if (pid === 1) continue;
    const at = namespaceOf(pid);
    if (at === 'hidden') all = false;
    // Its last number is the one in its own namespace.
    if (at === namespace && readNamespacePids(pid)?.at(-1) === maker.pid && startTime(pid) === maker.start)
      return 'alive';
  }
  return all ? 'dead' : 'unknown';
}

/** Needs the right to trace the process (proc_pid_ns(5)); undefined: it has ended. */
function namespaceOf(pid: number): string | 'hidden' | undefined {
  try {
    return numberOf(readlinkSync(`/proc/${pid}/ns/pid`));
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '') ? undefined : 'hidden';
  }
}

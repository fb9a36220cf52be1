import { programName } from '../../../common/own-files.ts';
import { readStat } from '../../../system/proc/stat.ts';
import { readTreePeak } from '../../../system/proc/status.ts';
import { LABEL_FLAG } from '../../runtimes/processes.ts';
import { kernelThreadsMs, machineBusyMs, processesWith, workedBelowMs, workedMs } from './cpu-time.ts';

/** What the parts are called by the module in their argv; what the observer starts is `ss`. */
const PARTS = [
  ['plain-server.ts', 'server'],
  ['plain-client.ts', 'client'],
  ['observer.ts', 'observer'],
  ['trace-main.ts', 'tracer'],
] as const;

/** Who worked how much, percent of a core. */
export interface Shares {
  server: number;
  client: number;
  observer: number;
  /** What the observer started. */
  ss: number;
  tracer: number;
  /** The lab itself, which takes their lines. */
  lab: number;
  /** The kernel's own threads: whatever they do for others as well. */
  kernel: number;
  /** Everything on this machine, by its ticks. */
  machine: number;
}

/** What everybody has worked so far, ms. */
export interface Snapshot {
  at: number;
  worked: Omit<Shares, 'kernel'>;
  kernel: Map<number, number>;
  /** Most memory that observer, `ss` and tracer had, bytes. */
  peakBytes: number;
}

/** Of the run with this label, now. */
export function takeSnapshot(label: string): Snapshot {
  const worked = { server: 0, client: 0, observer: 0, ss: 0, tracer: 0, lab: 0, machine: 0 };
  let peakBytes = 0;
  for (const { pid, command } of processesWith(LABEL_FLAG + label)) {
    const [, part] = PARTS.find(([module]) => command.includes(programName(module))) ?? [];
    if (part === undefined) continue;
    worked[part] += workedMs(pid);
    // One that has ended counts as well: the kernel adds it to what its parent has waited for.
    if (part === 'observer') worked.ss += workedBelowMs(pid) + (readStat(pid)?.childrenCpuMs ?? 0);
    if (part === 'observer' || part === 'tracer') peakBytes += readTreePeak(pid);
  }
  const { user, system } = process.cpuUsage();
  worked.lab = (user + system) / 1000;
  worked.machine = machineBusyMs();
  return { at: performance.now(), worked, kernel: kernelThreadsMs(), peakBytes };
}

/** What was worked between two. */
export function sharesBetween(before: Snapshot, after: Snapshot): Shares {
  const ms = after.at - before.at;
  // Of a part that has ended meanwhile it is not known.
  const of = (who: keyof Snapshot['worked']) =>
    (Math.max(0, after.worked[who] - before.worked[who]) / ms) * 100;
  let kernel = 0;
  // One that has begun since has worked all of it since; what one did that has ended is not known.
  for (const [pid, worked] of after.kernel) kernel += worked - (before.kernel.get(pid) ?? 0);
  return {
    server: of('server'),
    client: of('client'),
    observer: of('observer'),
    ss: of('ss'),
    tracer: of('tracer'),
    lab: of('lab'),
    kernel: (kernel / ms) * 100,
    machine: of('machine'),
  };
}

import { parseStat } from '../../../system/proc/process.ts';
import type { Life } from '../life.ts';
import type { Command, Look } from '../step.ts';

/** The command that shows whether a process lives, and what it costs. */
export function statCommand(pid: number): Command {
  return {
    line: `cat /proc/${pid}/stat`,
    columns: [
      'third: state: S waits, R runs, D waits for a disk, T is stopped, Z has ended',
      '14th and 15th: time on a processor in its own code and in the kernel, in 1/100 s',
      '22nd: when it was started, in 1/100 s since boot: another figure is another process',
    ],
  };
}

/** The process at each look. A pid that was given to another process since is gone. */
export function livesOf(looks: readonly Look[], pid: number): Life[] {
  let begun: string | undefined;
  return looks.flatMap(({ at, said }): Life[] => {
    const one = said.get(statCommand(pid).line);
    if (one === undefined) return [];
    if (!one.out.includes(')')) return /No such file/.test(one.err) ? [{ state: 'gone', at }] : [];
    const started = one.out.slice(one.out.lastIndexOf(')') + 2).split(' ')[19];
    begun ??= started;
    if (started !== begun) return [{ state: 'gone', at }];
    const { state, cpuMs } = parseStat(one.out);
    if (!/^[A-Za-z]$/.test(state) || !Number.isFinite(cpuMs)) return [];
    return [{ state, cpuMs, at }];
  });
}

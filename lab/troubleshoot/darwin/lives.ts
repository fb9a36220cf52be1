import { parsePs } from '../../../system/darwin/ps.ts';
import type { Life } from '../life.ts';
import { type Command, type Look, textsOf } from '../step.ts';

/** When a process was begun, and as what. */
export function listing(pid: number): Command {
  return {
    line: `ps -o pid,ppid,lstart,command -p ${pid}`,
    columns: ['STARTED: later than the load: it was restarted, and every connection before that was cut'],
  };
}

/** Whether it lives, and what it costs. */
export function stateCommand(pid: number): Command {
  return {
    line: `ps -o state=,time=,rss=,uid= -p ${pid}`,
    columns: [
      'first: state: S and I wait, R runs, U waits for a disk, T is stopped, Z has ended; nothing at all: it is gone',
      'second: time on a processor since it began; third: memory in KiB; fourth: its user',
    ],
  };
}

/** The process at each look. A pid that was given to another process since is gone. */
export function livesOf(looks: readonly Look[], pid: number): Life[] {
  const begun = beginOf(textsOf(looks, listing(pid).line)[0]);
  return looks.flatMap(({ at, said }): Life[] => {
    const one = said.get(stateCommand(pid).line);
    if (one === undefined || one.code === null || one.code > 1) return [];
    if (one.out.trim() === '') return [{ state: 'gone', at }];
    const now = beginOf(said.get(listing(pid).line)?.out);
    if (begun !== undefined && now !== undefined && now !== begun) return [{ state: 'gone', at }];
    const stat = parsePs(one.out);
    return stat ? [{ state: stat.state, cpuMs: stat.cpuMs, at }] : [];
  });
}

/** `Tue Nov 24 03:08:27 2026`, as lstart has it in the C locale. */
function beginOf(text: string | undefined): string | undefined {
  return /\w{3} +\w{3} +\d+ +[\d:]+ +\d{4}/.exec(text ?? '')?.[0];
}

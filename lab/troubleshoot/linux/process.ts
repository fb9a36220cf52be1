import { concludeLife } from '../life.ts';
import { faultsOf, logCommands } from '../log.ts';
import { type Command, type Step, textsOf } from '../step.ts';
import { queuesOf } from './backlog.ts';
import { livesOf, statCommand } from './lives.ts';

function listing(pid: number): Command {
  return {
    line: `ps -o pid,ppid,stat,lstart,time,nlwp,args -p ${pid}`,
    columns: [
      'STAT: as the state below, + in the foreground, l with threads',
      'STARTED: later than the load: it was restarted, and every connection before that was cut',
      'TIME: time on a processor since then',
      'NLWP: threads',
    ],
  };
}

/** mm/oom_kill.c __oom_kill_process counts OOM_KILL. */
const KILLS: Command = {
  line: 'grep oom_kill /proc/vmstat',
  columns: [
    'oom_kill: processes that the kernel killed for want of memory, since boot; each dies without a word',
  ],
};

/** 4: has the server died, stopped, hung, or been too busy? */
export const processStep: Step = {
  step: 'time-out or panic',
  cause: 'app-timeout-or-panic',
  question: 'has the server died, stopped, hung, or been too busy?',
  commands: (subject) => [
    ...(subject.server ? [listing(subject.server.pid), statCommand(subject.server.pid)] : []),
    KILLS,
    ...logCommands(subject),
  ],
  conclude(subject, looks) {
    const lives = subject.server ? livesOf(looks, subject.server.pid) : [];
    const waiting = queuesOf(looks, subject).map((queue) => queue.waiting);
    const found = concludeLife(subject, looks, lives, { waiting, faults: faultsOf(subject, looks) });
    const kills = textsOf(looks, KILLS.line).map((text) => Number(/^oom_kill (\d+)/m.exec(text)?.[1] ?? 0));
    const killed = (kills.at(-1) ?? 0) - (kills[0] ?? 0);
    if (killed === 0) return found;
    return {
      ...found,
      conclusion: `${found.conclusion}; meanwhile the kernel killed ${killed} of this machine's processes for want of memory`,
    };
  },
};

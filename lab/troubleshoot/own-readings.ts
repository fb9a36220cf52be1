import { NAME } from '../../common/called.ts';
import { defined } from '../../common/defined.ts';
import { percent } from '../../common/format.ts';
import { shellWord } from '../../common/shell-word.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Facts } from '../facts/facts.ts';
import { waitingOf } from '../facts/server-counts.ts';
import {
  type Command,
  type Conclusion,
  cannotBeSeen,
  type Look,
  OWN,
  pointsAt,
  type Reading,
  refuted,
  textsOf,
} from './step.ts';
import { type Subject, type Watched, whoIs } from './subject.ts';

/** This part of one processor counts as all of one thread: the clock is coarse. */
const BUSY = 0.9;
const IDLE = 0.1;

/** Lines of a log that report an end or a fault. */
const FAULT =
  /panic|fatal|uncaught|unhandled|out of memory|EMFILE|ENFILE|too many open files|segmentation fault|core dumped|\bOOM\b|time(?:d)?[ -]?out|deadline/i;

/** The end of the server's log, when one was named. */
export function logCommands({ log }: Subject): Command[] {
  const columns = ['any line: a panic, an uncaught error, EMFILE or a time-out is a cause by itself'];
  return log === undefined ? [] : [{ line: `tail -n 20 ${shellWord(log)}`, columns }];
}

/** Whether the whole machine has no descriptor left, which no process's own limit shows. */
export function readMachine(open: number, most: number, limit: string): Conclusion | undefined {
  return open >= most
    ? pointsAt(
        `the machine's descriptors${OWN}: ${open} of ${most} open files in use (${limit}): accept(2) fails with ENFILE`,
      )
    : undefined;
}

/** Where no packet moved, nothing can be ruled out. */
export function readStill({ interfaces }: Facts): Conclusion | undefined {
  return interfaces.length > 0 &&
    interfaces.every(({ errors, drops, packets }) => errors + drops + packets === 0)
    ? cannotBeSeen('no packet arrived in that time: run your load during the walk')
    : undefined;
}

/** All descriptors are in use, but no user failed during the walk, so the judge names nothing: the load may have been over by then. */
export function readFull({ descriptors, outside }: Facts): Conclusion | undefined {
  const resets = outside?.resetsAround ?? 0;
  const failed =
    resets > 0
      ? `${resets} RST sent in the server's network namespace in that time, nobody knows by whom`
      : 'no user was seen to fail in that time';
  return (
    descriptors?.full && {
      ...pointsAt(
        `the server's descriptors${OWN}: all ${descriptors.limit} in use; ${failed}; the next connection finds none`,
      ),
      cause: 'fd-exhaustion',
    }
  );
}

/** The same for the accept queue. A queue that is full at one look may be empty the next moment; at two looks nobody empties it. */
export function readFullQueue({ queue }: Facts, { observer: { series } }: Evidence): Conclusion | undefined {
  if (queue === undefined || series.slice(-2).some(({ acceptQueue = 0 }) => acceptQueue < queue.capacity))
    return undefined;
  return {
    ...pointsAt(
      `the accept queue${OWN}: all ${queue.capacity} places in use; no drop was seen in that time, but the next connection has no room`,
    ),
    cause: 'accept-queue-drop',
  };
}

/** More that shows whether the server lives. */
export interface Beside {
  /** The report of its crash that was written in that time. */
  crash?: string | undefined;
  /** Processes of this machine that the kernel killed for want of memory in that time. */
  killed?: number;
}

/** The state of the server's process: its log, whether it is stopped, and whether it may have kept users waiting. */
export function readLife(
  subject: Subject,
  looks: readonly Look[],
  { observer: { series }, gateway }: Evidence,
  { outside }: Facts,
  { crash, killed = 0 }: Beside,
): Reading {
  const { server, log } = subject;
  if (server === undefined) return {};
  const who = whoIs(server);
  const { state = '?' } = series.at(-1) ?? {};
  if (state === '?') return { conclusion: cannotBeSeen(`the state of ${who} could not be read`) };
  const busiest = outside?.busiest;
  const heirs = looks.at(-1)?.pids.filter((pid) => !looks[0]?.pids.includes(pid)) ?? [];
  const fault = logCommands(subject)
    .flatMap(({ line }) => textsOf(looks, line).join('\n').split('\n'))
    .findLast((line) => FAULT.test(line));
  const waited = series.length > 1 && series.every((line) => waitingOf(line) > 0);
  const notes = [
    state === 'gone' ? `${who} is gone` : `${who} is in state ${state}`,
    busiest === undefined
      ? 'its CPU time was not measured'
      : `it used at most ${percent(busiest)} of one core`,
    ...(waited ? ['connections waited in its queue at every look'] : []),
    ...(heirs.length > 0
      ? [`pid ${heirs.join(', ')} listens now, ${state === 'gone' ? 'in its place' : 'as well'}`]
      : []),
    ...(log && fault === undefined ? [`no fault in the last lines of ${log}`] : []),
    ...(killed > 0 ? [`the kernel killed ${killed} of this machine's processes for want of memory`] : []),
  ];
  return defined({
    note: notes.join(', '),
    conclusion:
      crash !== undefined
        ? pointsAt(`a crash${OWN}: ${crash} was written in that time`)
        : fault !== undefined
          ? pointsAt(`a fault${OWN}: the log says "${fault.slice(0, 120)}"`)
          : /^[Tt]$/.test(state)
            ? pointsAt(`a stop${OWN}: ${who} is stopped: it accepts and answers nobody`)
            : /^(?:gone|Z|X)$/.test(state) && gateway.exit === undefined
              ? cannotBeSeen(
                  `the process has ended, and others of its server listen on; its log (--log) or its users (\`${NAME} diagnose --load\`) show whether users failed`,
                )
              : undefined,
    // The judge decides whether that kept users waiting.
    doubt:
      busiest !== undefined && busiest >= BUSY
        ? 'slow-accept'
        : waited && busiest !== undefined && busiest < IDLE
          ? 'event-loop-stall'
          : undefined,
  });
}

/** How many descriptors a process has in use, and its limit. */
export interface Usage {
  /** The most of all looks. */
  used: number;
  limit: number;
  /** Where the limit was read; absent: it is the process's own. */
  limitFrom?: string;
}

/** The load generator as seen on this machine. */
export interface Load {
  robots: Watched | undefined;
  usage: Usage | undefined;
  /** Local ports that it takes towards the server: the most of one source address, of how many there are. */
  ports: { taken: number; all: number | undefined } | undefined;
  /** Sockets towards the server, of all states; the most of all looks. */
  sockets: number;
  /** Its CPU time at each look. */
  cpu: readonly { at: number; cpuMs?: number }[];
}

/** Whether the load generator is at a limit itself: one that is not ours does not report that. */
export function readLoad({ robots, usage, ports, sockets, cpu }: Load, port: number): Conclusion {
  if (ports?.all !== undefined && ports.taken >= ports.all)
    return pointsAt(
      `the robots' ports${OWN}: all ${ports.all} local ports in use: connect() fails with EADDRNOTAVAIL, and the server never hears of it`,
    );
  if (sockets === 0 && robots === undefined)
    return cannotBeSeen(
      `no client of port ${port} on this machine: the load is over, or comes from another machine; look there, or name it with --robots <pid>`,
    );
  const of = ports?.all === undefined ? '' : ` of ${ports.all}`;
  const told = ports ? `${ports.taken}${of} local ports in use` : 'local ports not counted';
  if (robots === undefined || usage === undefined)
    return cannotBeSeen(
      `${told}, but nobody knows by whom: run as root or as the robots' user, or name them with --robots <pid>`,
    );
  const who = `the load generator ${whoIs(robots)}`;
  const { used, limit, limitFrom } = usage;
  const from = limitFrom ? ` (${limitFrom})` : '';
  if (used >= limit)
    return pointsAt(
      `the descriptors of ${who}${OWN}: all ${limit} in use${from}: socket() fails with EMFILE, and the server never hears of it`,
    );
  const busy = busyOf(cpu);
  if (busy !== undefined && busy >= BUSY)
    return pointsAt(
      `the robots' processor${OWN}: ${who} used ${percent(busy)} of one core: the delays that it measures are its own`,
    );
  const shown = Number.isFinite(limit) ? `${limit} descriptors in use, ${limit - used} left` : 'unlimited';
  return refuted(`${OWN}: ${who} had at most ${used} of ${shown}${from}; ${told}`);
}

/** Part of one processor between the first look and the last, 0 to 1 and more; undefined when there was no time between. */
function busyOf(cpu: Load['cpu']): number | undefined {
  const measured = cpu.filter(({ cpuMs }) => cpuMs !== undefined);
  const [first, last] = [measured[0], measured.at(-1)];
  if (first?.cpuMs === undefined || last?.cpuMs === undefined || last.at - first.at < 100) return undefined;
  return (last.cpuMs - first.cpuMs) / (last.at - first.at);
}

import { type Conclusion, cannotBeSeen, type Look, pointsAt, refuted, type Subject, spanOf } from './step.ts';

/** A process at one look; `gone`: there was no such process any more. */
export type Life = { state: string; cpuMs: number; at: number } | { state: 'gone'; at: number };

/** What else bears on it. */
export interface Surroundings {
  /** Connections that waited to be accepted, at each look. */
  waiting: readonly number[];
  /** Lines of its log that tell of a death or a fault. */
  faults: readonly string[];
}

/** So much of one processor is all of one thread, as far as a ruler this coarse tells. */
const BUSY = 0.9;
const IDLE = 0.1;
const SILENT = 'its own deadlines cannot be seen from outside: its log tells, or `lab diagnose` under load';

/** Judges whether the server died, stopped, hung or was busy. */
export function concludeLife(
  subject: Subject,
  looks: readonly Look[],
  lives: readonly Life[],
  { waiting, faults }: Surroundings,
): Conclusion {
  const { server, log } = subject;
  if (server === undefined) return cannotBeSeen(`cannot be seen: ${subject.missing}`);
  const who = `${server.name} (pid ${server.pid})`;
  const span = spanOf(looks);
  const heirs = looks.at(-1)?.pids.filter((pid) => !looks[0]?.pids.includes(pid)) ?? [];
  const last = lives.at(-1);
  if (last === undefined) return cannotBeSeen(`cannot be seen: whether ${who} lives could not be read`);
  if (last.state === 'gone' || last.state === 'Z' || last.state === 'X')
    return pointsAt(
      `points at the server's end: ${who} is gone${heirs.length > 0 ? `, and pid ${heirs.join(', ')} listens in its place: it was restarted` : ''}; every connection it held was closed`,
    );
  if (faults.length > 0)
    return pointsAt(`points at a fault: ${who} is alive, but its log says "${faults.at(-1)?.slice(0, 120)}"`);
  if (last.state === 'T' || last.state === 't')
    return pointsAt(
      `points at a stop: ${who} is stopped (state ${last.state}): it accepts and answers nobody`,
    );
  const used = busyOf(lives);
  const cpu = used === undefined ? 'CPU not measured' : `${Math.round(used * 100)} % of one processor`;
  if (used !== undefined && used >= BUSY)
    return pointsAt(
      `points at a busy loop: ${who} used ${cpu} for ${span}; users may reach their own time-outs meanwhile`,
    );
  if (used !== undefined && used < IDLE && waiting.length > 1 && waiting.every((number) => number > 0))
    return pointsAt(
      `points at a hang: connections waited in its queue at every look, and ${who} used ${cpu}: it is blocked, or accepts nobody`,
    );
  const read = log === undefined ? SILENT : `nothing in the last lines of ${log}`;
  return refuted(
    `refuted: ${who} lives, as the same process, state ${last.state}, ${cpu} in ${span}; ${read}`,
  );
}

/** Part of one processor between the first look and the last, 0 to 1 and more; undefined when there was no time between. */
export function busyOf(lives: readonly Life[]): number | undefined {
  const living = lives.filter((life) => life.state !== 'gone') as Extract<Life, { cpuMs: number }>[];
  const [first, last] = [living[0], living.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < 100) return undefined;
  return (last.cpuMs - first.cpuMs) / (last.at - first.at);
}

const FAULT =
  /panic|fatal|uncaught|unhandled|out of memory|EMFILE|ENFILE|too many open files|segmentation fault|core dumped|\bOOM\b|time(?:d)?[ -]?out|deadline/i;

/** Lines of a log that tell of a death or a fault. */
export function faultsIn(text: string): string[] {
  return text.split('\n').filter((line) => FAULT.test(line));
}

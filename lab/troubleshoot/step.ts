import type { Said } from './shell.ts';

/** A process that is looked at. */
export interface Watched {
  pid: number;
  name: string;
  /** RLIMIT_NOFILE, soft; absent: the system does not show it. */
  nofile?: number;
}

/** Whom the steps are about. */
export interface Subject {
  os: 'linux' | 'darwin';
  root: boolean;
  port: number;
  /** Somebody listens on that port. */
  listening: boolean;
  /** Who does; absent: nobody, or it may not be seen. */
  server?: Watched;
  /** All who hold the listener. */
  pids: number[];
  /** Why there is no server to look at. */
  missing?: string;
  /** Put before a command so that it runs in the server's network namespace; empty: it is our own. */
  prefix: string;
  /** Where the files of that namespace are on Linux, such as /proc/41/net. */
  netDir: string;
  /** That takes root, and this user is not. */
  locked: boolean;
  /** Who makes the load; absent: nobody of this machine that can be seen. */
  robots?: Watched;
  /** The server's log. */
  log?: string;
}

/** One command of a step. */
export interface Command {
  line: string;
  /** How to read its output, a line a column. */
  columns: readonly string[];
  /** Set: it takes root, this user is not, and so it is not run. */
  needsRoot?: boolean;
  /** Set: of all looks that with the highest is shown, not the last. */
  peak?: (text: string) => number;
}

/** Everything that was said at one time. */
export interface Look {
  /** Ms, on a clock that only grows. */
  at: number;
  said: Map<string, Said>;
  /** Who held the listener then. */
  pids: readonly number[];
}

export const WORDS = ['refuted', 'points-at', 'cannot-be-seen'] as const;

/** What a step found, in one line. */
export interface Conclusion {
  verdict: (typeof WORDS)[number];
  conclusion: string;
}

/** One step of the walk, on one system. */
export interface Step {
  step: 'interface' | 'descriptors' | 'backlog' | 'time-out or panic' | 'robots';
  /** The suspect of the lab that it looks for: a case that makes it on purpose. */
  cause: string;
  question: string;
  commands(subject: Subject): Command[];
  conclude(subject: Subject, looks: readonly Look[]): Conclusion;
}

export const refuted = (conclusion: string): Conclusion => ({ verdict: 'refuted', conclusion });
export const pointsAt = (conclusion: string): Conclusion => ({ verdict: 'points-at', conclusion });
export const cannotBeSeen = (conclusion: string): Conclusion => ({ verdict: 'cannot-be-seen', conclusion });

/** What a command said at each look at which it was run and found something to say, oldest first. */
export function textsOf(looks: readonly Look[], line: string): string[] {
  return looks.flatMap(({ said }) => {
    const out = said.get(line)?.out;
    return out === undefined || out.trim() === '' ? [] : [out];
  });
}

/** Why a command says nothing, in its own words: of the last look. */
export function complaint(looks: readonly Look[], line: string): string | undefined {
  const said = looks.findLast((look) => look.said.has(line))?.said.get(line);
  if (said === undefined || said.out.trim() !== '') return undefined;
  if (said.code === null) return 'it took too long';
  const [first = ''] = said.err.trim().split('\n');
  return (
    first.replace(/^sh: (?:line )?\d+: /, '') || (said.code === 0 ? 'no output' : `exit code ${said.code}`)
  );
}

/** Seconds between the first and the last look, as text. */
export function spanOf(looks: readonly Look[]): string {
  const ms = (looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0);
  return `${Math.round(ms / 100) / 10} s`;
}

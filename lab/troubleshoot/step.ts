import type { EvidenceItem } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Facts } from '../facts/facts.ts';
import type { Said } from './shell.ts';
import type { Subject } from './subject.ts';

/** One command of a step. */
export interface Command {
  line: string;
  /** How to read its output, one line for each column. */
  columns: readonly string[];
  /** Set: it needs root, this user is not root, and so it is not run. */
  needsRoot?: boolean;
  /** Set: the look with the highest value is shown, not the last one. */
  peak?: (text: string) => number;
}

/** The output of all commands at one time. */
export interface Look {
  /** Ms, on a clock that only grows. */
  at: number;
  said: ReadonlyMap<string, Said>;
  /** Who held the listener then. */
  pids: readonly number[];
}

/** What a step found, in one line. */
export interface Conclusion {
  verdict: 'refuted' | 'points-at' | 'cannot-be-seen';
  conclusion: string;
  /** The cause that it points at, as the lab judges. */
  cause?: string;
}

export const refuted = (says: string): Conclusion => ({ verdict: 'refuted', conclusion: `refuted${says}` });
export const pointsAt = (says: string): Conclusion => ({
  verdict: 'points-at',
  conclusion: `points at ${says}`,
});
export const cannotBeSeen = (says: string): Conclusion => ({
  verdict: 'cannot-be-seen',
  conclusion: `cannot be seen: ${says}`,
});

/** What a step finds beside the verdicts on the lab's causes. */
export interface Reading {
  /** Stands where no cause is confirmed. */
  conclusion?: Conclusion;
  /** Stands after every conclusion. */
  note?: string;
  /** A cause that it makes possible: then the verdict on that one counts as well. */
  doubt?: string;
}

/** Said of a conclusion that is no verdict on a cause. */
export const OWN = ", by this step's own reading";

/** One step of the walk. */
export interface Step {
  step: 'interface' | 'descriptors' | 'backlog' | 'time-out or panic' | 'robots';
  /** The suspect of the lab that it looks for. */
  cause: string;
  question: string;
  /** What the step needs. */
  needs?: 'server' | 'listener';
  /** The causes that decide the step, each with the words in which it points at that cause. */
  decidedBy: Record<string, string>;
  /** What helps where the answer cannot be seen. */
  toSee: string;
  /** More causes that it may point at: if they cannot be seen, that changes nothing. */
  orPointsAt?: Record<string, string>;
}

export type StepName = Step['step'];

/** What is different on each system. */
export interface System {
  /** The commands of each step. */
  commands(subject: Subject): Record<StepName, Command[]>;
  /** What they said, as the lab's observer would have measured it. */
  evidence(subject: Subject, looks: readonly Look[]): Evidence;
  /** What the commands show that no cause is judged by. */
  readings(
    subject: Subject,
    looks: readonly Look[],
    evidence: Evidence,
    facts: Facts,
  ): Partial<Record<StepName, Reading>>;
}

/** Each figure once: sub-causes of one cause use the same ones. */
export function itemsText(items: readonly EvidenceItem[]): string {
  return items
    .filter(({ name }, at) => items.findIndex((other) => other.name === name) === at)
    .map(({ name, says }) => `${says} [${name}]`)
    .join('; ');
}

/** What a command printed at each look, oldest first; looks at which it printed nothing are left out. */
export function textsOf(looks: readonly Look[], line: string): string[] {
  return looks.map(({ said }) => said.get(line)?.out ?? '').filter((out) => out.trim() !== '');
}

/** The first line of a command's stderr; empty: none. */
export function complaintOf({ err }: Said): string {
  return (err.trim().split('\n')[0] as string).replace(/^sh: (?:line )?\d+: /, '');
}

/** Why a command printed nothing at the last look, in its own words. */
export function silenceOf(looks: readonly Look[], line: string): string | undefined {
  const said = looks.findLast((look) => look.said.has(line))?.said.get(line);
  if (said === undefined || said.out.trim() !== '') return undefined;
  if (said.code === null) return 'it took too long';
  return complaintOf(said) || (said.code === 0 ? 'no output' : `exit code ${said.code}`);
}

/** Seconds between the first and the last look. */
export function secondsOf(looks: readonly Look[]): number {
  return Math.round(((looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0)) / 100) / 10;
}

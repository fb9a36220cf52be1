import type { EvidenceItem } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Facts } from '../facts/facts.ts';
import type { Said } from './shell.ts';
import type { Subject } from './subject.ts';

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

/** What a step reads beside what the lab's causes are judged by. */
export interface Reading {
  /** Stands where no cause is confirmed. */
  conclusion?: Conclusion;
  /** Put behind whatever is concluded. */
  note?: string;
  /** A cause that comes into question by it: then the judge is asked for that one as well. */
  doubt?: string;
}

/** Said of a conclusion that no cause has a part in. */
export const OWN = ", by this step's own reading";

/** One step of the walk. */
export interface Step {
  step: 'interface' | 'descriptors' | 'backlog' | 'time-out or panic' | 'robots';
  /** The suspect of the lab that it looks for. */
  cause: string;
  question: string;
  /** What it cannot go without. */
  needs?: 'server' | 'listener';
  /** Causes that decide it, and in which words it points at one of them. */
  decidedBy: Record<string, string>;
  /** What helps where it cannot be seen. */
  toSee: string;
  /** More that it may point at: that they cannot be seen says nothing. */
  orPointsAt?: Record<string, string>;
}

export type StepName = Step['step'];

/** What is different on each system. */
export interface System {
  /** The commands of each step. */
  commands(subject: Subject): Record<StepName, Command[]>;
  /** What they said, as the lab's observer would have measured it. */
  evidence(subject: Subject, looks: readonly Look[]): Evidence;
  /** What of it no cause is judged by. */
  readings(
    subject: Subject,
    looks: readonly Look[],
    evidence: Evidence,
    facts: Facts,
  ): Partial<Record<StepName, Reading>>;
}

/** Each figure once: forms of one cause are told by the same ones. */
export function itemsText(items: readonly EvidenceItem[]): string {
  return items
    .filter(({ name }, at) => items.findIndex((other) => other.name === name) === at)
    .map(({ name, says }) => `${says} [${name}]`)
    .join('; ');
}

/** What a command said at each look at which it was run and found something to say, oldest first. */
export function textsOf(looks: readonly Look[], line: string): string[] {
  return looks.map(({ said }) => said.get(line)?.out ?? '').filter((out) => out.trim() !== '');
}

/** The first line of what a command complained of; empty: nothing. */
export function complaintOf({ err }: Said): string {
  return (err.trim().split('\n')[0] as string).replace(/^sh: (?:line )?\d+: /, '');
}

/** Why a command says nothing, in its own words: of the last look. */
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

import { pause } from '../../common/waiting.ts';
import type { Found } from './found.ts';
import type { Shell } from './shell.ts';
import type { Command, Conclusion, Look, Step, Subject } from './step.ts';

export interface WalkOptions {
  found: Found;
  steps: readonly Step[];
  shell: Shell;
  /** Between the first look and the last, ms. */
  forMs: number;
  /** Takes the last look at once. */
  signal: AbortSignal;
}

/** One step as it went. */
export interface Walked {
  step: Step;
  commands: readonly Command[];
  conclusion: Conclusion;
}

/** What a walk gives. */
export interface Walk {
  subject: Subject;
  looks: readonly Look[];
  steps: readonly Walked[];
}

/** Looks between the first and the last are at least so far apart, ms, and take at most this part of the time. */
const APART_MS = 1000;
const SHARE = 1 / 4;

/** Runs the commands of all steps, again and again until the time is over, and concludes. Nothing is changed. */
export async function walk({ found, steps, shell, forMs, signal }: WalkOptions): Promise<Walk> {
  let { subject } = found;
  const looks: Look[] = [];
  const look = async () => {
    const robots = await found.robots();
    // Robots that have left are still those whose limits were seen.
    if (robots) subject = { ...subject, robots };
    const at = performance.now();
    const said: Look['said'] = new Map();
    for (const { line, needsRoot } of steps.flatMap((step) => step.commands(subject)))
      if (!needsRoot && !said.has(line)) said.set(line, await shell(line));
    looks.push({ at, said, pids: await found.holders() });
    return performance.now() - at;
  };
  const until = performance.now() + forMs;
  let took = await look();
  while (!signal.aborted && performance.now() < until) {
    const left = until - performance.now();
    const apart = Math.max(APART_MS, took / SHARE);
    // The last look is taken when the time is over, however short the rest is.
    await pause(left < 2 * apart ? left : apart, signal);
    took = await look();
  }
  return {
    subject,
    looks,
    steps: steps.map((step) => ({
      step,
      commands: step.commands(subject),
      conclusion: step.conclude(subject, looks),
    })),
  };
}

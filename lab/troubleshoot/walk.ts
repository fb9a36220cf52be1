import { pause } from '../../common/waiting.ts';
import { conclude, type Walked } from './conclude.ts';
import type { Said, Shell } from './shell.ts';
import type { Look } from './step.ts';
import { SYSTEMS } from './steps.ts';
import type { Found, Subject } from './subject.ts';

interface WalkOptions {
  found: Found;
  shell: Shell;
  /** Between the first look and the last, ms. */
  forMs: number;
  /** Takes the last look at once. */
  signal: AbortSignal;
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
export async function walk({ found, shell, forMs, signal }: WalkOptions): Promise<Walk> {
  let { subject } = found;
  const looks: Look[] = [];
  const look = async () => {
    const robots = await found.robots();
    // Robots that have left are still those whose limits were seen.
    if (robots) subject = { ...subject, robots };
    const at = performance.now();
    const said = new Map<string, Said>();
    for (const { line, needsRoot } of Object.values(SYSTEMS[subject.os].commands(subject)).flat())
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
  return { subject, looks, steps: conclude(subject, looks) };
}

import { writeSync } from 'node:fs';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import type { Counters } from '../../system/counters.ts';

/** Writes a line to stdout, whole: a pipe may take a long one in parts. */
export function writeLine(line: ObserverLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let from = 0; from < bytes.length; ) from += writeSync(1, bytes, from);
}

/** Calls `end` at TERM or INT, and with LIFELINE=stdin when stdin ends, since then the lab has gone. */
export function whenTold(end: () => void): void {
  process.once('SIGTERM', end).once('SIGINT', end);
  if (process.env.LIFELINE === 'stdin') process.stdin.resume().once('end', end).once('error', end);
}

const startedAt = Date.now();
// Starting Node is not collecting evidence.
const cpuAtStart = process.cpuUsage();

/** What observing has cost since this was loaded. */
export function costSoFar(samples: number): { cpuMicros: number; wallMs: number; samples: number } {
  const { user, system } = process.cpuUsage(cpuAtStart);
  return { cpuMicros: user + system, wallMs: Date.now() - startedAt, samples };
}

/** The counters that have moved since `last`, each with its growth since `before`. */
export function movedSince(last: Counters, now: Counters, before: Counters): Counters {
  const moved: Counters = {};
  // One object for all lines in which nothing moves (system/proc/net-counters.ts).
  if (now === last) return moved;
  for (const name in now) {
    const value = now[name] as number;
    if (value !== last[name]) moved[name] = value - (before[name] ?? 0);
  }
  return moved;
}

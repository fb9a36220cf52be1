import { writeSync } from 'node:fs';
import type { ObserverLine, SnapshotLine } from '../../protocol/observer-events.ts';
import type { Counters } from '../../system/counters.ts';

/** Writes a line to stdout, whole: a pipe may take a long one in parts. */
export function writeLine(line: ObserverLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let from = 0; from < bytes.length; ) from += writeSync(1, bytes, from);
}

/** Calls `end` once, at TERM or INT, and with LIFELINE=stdin when stdin ends, since then the lab has gone. */
export function whenTold(end: () => void): void {
  let told = false;
  const once = () => {
    if (!told) end();
    told = true;
  };
  process.on('SIGTERM', once).on('SIGINT', once);
  if (process.env.LIFELINE === 'stdin') process.stdin.resume().once('end', once).once('error', once);
}

const startedAt = Date.now();
// Starting Node is not collecting evidence.
const cpuAtStart = process.cpuUsage();

/** What observing has cost since this was loaded. */
export function costSoFar(samples: number): SnapshotLine['cost'] {
  const { user, system } = process.cpuUsage(cpuAtStart);
  // getrusage(2) has it in KiB on every system, by libuv (src/unix/core.c uv_getrusage).
  const rss = process.resourceUsage().maxRSS * 1024;
  return { cpuMicros: user + system, wallMs: Date.now() - startedAt, samples, rss };
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

/** Grow with every connection that comes, goes or is reset in the namespace. */
const COME_AND_GO = ['Tcp PassiveOpens', 'Tcp CurrEstab', 'Tcp EstabResets'];

/** Whether connections may have come or gone since `last`. */
export function connectionsMoved(last: Counters, now: Counters): boolean {
  return last !== now && COME_AND_GO.some((name) => last[name] !== now[name]);
}

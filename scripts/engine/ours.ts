import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startTime } from '../../system/proc/stat.ts';

/** The dockerd that this project started. */
interface OurEngine {
  pid: number;
  /** See system/proc/stat.ts: with it, another process that got the same pid later is never taken for ours. */
  started: number;
  /** How it was started, and so how it has to be stopped. */
  by: 'spawn' | 'systemd';
}

/** Folder of the note and the engine's log; in /run, which a reboot empties together with the pids. */
export const STATE_FOLDER = '/run/resetlab';
const NOTE = `${STATE_FOLDER}/engine.json`;

/** The engine that we started, if it still runs; a note about one that is gone is removed. */
export function ourEngine(note = NOTE): OurEngine | undefined {
  if (!existsSync(note)) return undefined;
  try {
    const ours = JSON.parse(readFileSync(note, 'utf8')) as OurEngine;
    if (Number.isInteger(ours.pid) && startTime(ours.pid) === ours.started) return ours;
  } catch {
    // A note cut short by a crash names nobody.
  }
  forget(note);
  return undefined;
}

/** Notes that `pid` is ours. */
export function remember(pid: number, by: OurEngine['by'], note = NOTE): void {
  const started = startTime(pid);
  if (started === undefined) return;
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, JSON.stringify({ pid, started, by }));
}

/** Drops the note. */
export function forget(note = NOTE): void {
  try {
    rmSync(note, { force: true });
  } catch {
    // Only root may remove it; for others it stays a note about a process that does not match.
  }
}

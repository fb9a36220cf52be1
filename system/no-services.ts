import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startTime } from './proc/stat.ts';

/** Asked by invoke-rc.d and deb-systemd-invoke before a package starts its service; 101: it may not. */
export const POLICY = '/usr/sbin/policy-rc.d';

const MARK = /^# resetlab: written by resetlab, process (\d+) started at (\d+); /m;

const LOOK_MS = 200;

/**
 * Keeps packages that are installed from starting their services, until it is disposed of. Somebody's own file is left as it
 * is, and has the say then. One that a killed run of ours left is replaced, and one of a run that still installs is waited for.
 */
export async function noServices(path = POLICY): Promise<Disposable> {
  for (;;) {
    removeLeft(path);
    try {
      writeFileSync(path, text(), { flag: 'wx', mode: 0o755 });
      return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (writerOf(path) === undefined) return { [Symbol.dispose]() {} };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Removes the file when it has our mark and its writer is gone. Gives whether it did; throws when it may not. */
export function removeLeft(path = POLICY): boolean {
  const writer = writerOf(path);
  if (writer === undefined || startTime(writer.pid) === writer.started) return false;
  rmSync(path, { force: true });
  return true;
}

function text(): string {
  const who = `process ${process.pid} started at ${startTime(process.pid)}`;
  return [
    '#!/bin/sh',
    `# resetlab: written by resetlab, ${who}; keeps services from starting while it installs`,
    '# packages. Left by a run that was killed, it goes with the next.',
    'exit 101',
    '',
  ].join('\n');
}

/** Who has put our mark there; undefined: nobody of ours. */
function writerOf(path: string): { pid: number; started: number } | undefined {
  try {
    const [, pid, started] = MARK.exec(readFileSync(path, 'utf8')) ?? [];
    return started === undefined ? undefined : { pid: Number(pid), started: Number(started) };
  } catch {
    return undefined;
  }
}

import { execFileSync } from 'node:child_process';
import { programAt } from '../../../../common/own-files.ts';
import { wayToTracefs } from '../../../../system/tracefs/way-in.ts';
import type { Cleaned } from '../../../runtimes/cleaned.ts';

/**
 * Removes the trace instances of labs that are gone, with `force` also of those that may be. Gives their names; none where
 * tracefs cannot be had.
 */
export function cleanInstances(force: boolean): Cleaned {
  return runCleaner(force ? '--force' : '');
}

/** Removes those of labs that are gone, and the one of this name, which is of this very lab. */
export function removeOwnInstance(name: string): void {
  runCleaner(name);
}

function runCleaner(word: string): Cleaned {
  const nothing: Cleaned = { removed: [], left: [], failed: [] };
  const way = wayToTracefs();
  if (typeof way === 'string') return nothing;
  const main = programAt('lab/evidence/linux/trace/clean-main.ts');
  const [command = '', ...args] = [...way, process.execPath, main, word];
  try {
    return JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  } catch {
    return nothing;
  }
}

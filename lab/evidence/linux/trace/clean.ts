import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { wayToTracefs } from './place.ts';

/** Removes the trace instances of labs that are gone, and one's `own`. Gives their names; none where tracefs cannot be had. */
export function cleanInstances(own = ''): string[] {
  const way = wayToTracefs();
  if (typeof way === 'string') return [];
  const [command = '', ...args] = [...way, process.execPath, join(import.meta.dirname, 'clean-main.ts'), own];
  try {
    return JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  } catch {
    return [];
  }
}

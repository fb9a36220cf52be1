import { execFileSync } from 'node:child_process';
import { CannotRunError, messageOf } from '../../common/errors.ts';
import { type Cleaned, sortOut } from './cleaned.ts';
import { parseLabel } from './label.ts';
import { LABEL_FLAG } from './processes.ts';

/**
 * Kills the processes whose argv carries the label of a lab that is gone; with `force` also of one that may be. Gives their pids. Throws
 * CannotRunError where the `ps` is not that of procps, as in small images.
 */
export function cleanProcesses(force: boolean): Cleaned<number> {
  const { due, left } = sortOut(parseProcesses(listed()), ({ label }) => label, force);
  const cleaned: Cleaned<number> = { removed: [], left: left.map(({ pid }) => pid), failed: [] };
  for (const { pid } of due) {
    try {
      process.kill(pid, 'SIGKILL');
      cleaned.removed.push(pid);
    } catch (error) {
      // ESRCH: it has ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
        cleaned.failed.push({ name: pid, why: messageOf(error) });
    }
  }
  return cleaned;
}

function listed(): string {
  try {
    return execFileSync('ps', ['-axww', '-o', 'pid=,command='], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    throw new CannotRunError(
      'clean: the `ps` here cannot list what processes were started with; get one with: apt-get install procps',
      { cause: error },
    );
  }
}

/** Pids with their labels in the output of `ps -o pid=,command=`. */
export function parseProcesses(listing: string): { pid: number; label: string }[] {
  return listing.split('\n').flatMap((line) => {
    const [, pid, label = ''] = new RegExp(`^\\s*(\\d+)\\s.*\\s${LABEL_FLAG}(\\S+)\\s*$`).exec(line) ?? [];
    return parseLabel(label) === undefined ? [] : [{ pid: Number(pid), label }];
  });
}

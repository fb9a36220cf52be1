import { execFileSync } from 'node:child_process';
import { isAlive } from './label.ts';
import { LABEL_FLAG } from './processes.ts';

/** Kills the processes whose argv carries the label of a lab that is gone. Returns their pids. */
export function cleanProcesses(): number[] {
  const listing = execFileSync('ps', ['-axww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const killed: number[] = [];
  for (const { pid, label } of parseProcesses(listing)) {
    if (isAlive(label)) continue;
    try {
      process.kill(pid, 'SIGKILL');
      killed.push(pid);
    } catch {}
  }
  return killed;
}

/** Pids with their labels in the output of `ps -o pid=,command=`. */
export function parseProcesses(listing: string): { pid: number; label: string }[] {
  return listing.split('\n').flatMap((line) => {
    const match = new RegExp(`^\\s*(\\d+)\\s.*\\s${LABEL_FLAG}(resetlab\\.\\d+\\.\\d+\\.\\d+)\\s*$`).exec(
      line,
    );
    return match ? [{ pid: Number(match[1]), label: match[2] as string }] : [];
  });
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The machine that this process runs on, in what differs from one system to another. A test may pass one of its own. */
export interface Host {
  platform: NodeJS.Platform;
  /** The text of a file. Throws when it cannot be read. */
  read(path: string): string;
  /** What a command writes to stdout. Throws when it cannot be run, or fails. */
  run(command: string, ...args: string[]): string;
}

/** The real one. Tools such as sysctl are in /usr/sbin, which is not in everybody's PATH. */
export const thisHost: Host = {
  platform: process.platform,
  read: (path) => readFileSync(path, 'utf8'),
  run: (command, ...args) =>
    execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
      env: { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` },
    }),
};

/** A sysctl that is a whole number; undefined where there is none of that name. */
export function sysctlNumber(host: Host, name: string): number | undefined {
  try {
    const text = host.run('sysctl', '-n', name).trim();
    return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

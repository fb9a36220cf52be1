import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { readText } from './read.ts';

/** The machine that this process runs on, in what differs from one system to another. A test may pass one of its own. */
export interface Host {
  platform: NodeJS.Platform;
  /** The text of a file. Throws when it cannot be read. */
  read(path: string): string;
  /** What a command writes to stdout. Throws when it cannot be run, or fails. */
  run(command: string, ...args: string[]): string;
}

/** What commands are run with: figures as C has them, and a PATH with /usr/sbin, where tools such as sysctl are, and which not everybody has. */
export function commandEnv(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` };
}

/** The real one. */
export const thisHost: Host = {
  platform: process.platform,
  read: (path) => readFileSync(path, 'utf8'),
  run: (command, ...args) =>
    execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
      env: commandEnv(),
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

/** This machine in the words of a document: its system, its kernel, and the Node that this process runs on. */
export function hostWords(): { os: string; kernel: string; node: string } {
  return { os: thisHost.platform, kernel: release(), node: process.version };
}

/**
 * An id of this boot of this kernel, the same in all its containers (Linux drivers/char/random.c random_table `boot_id`);
 * undefined where there is none.
 */
export function readBootId(): string | undefined {
  return readText('/proc/sys/kernel/random/boot_id')?.trim();
}

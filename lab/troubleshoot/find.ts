import { accessSync, constants } from 'node:fs';
import { CannotRunError, messageOf, UsageError } from '../errors.ts';
import { findOnDarwin } from './darwin/find.ts';
import { findOnLinux } from './linux/find.ts';
import type { Shell } from './shell.ts';
import type { Subject, Watched } from './step.ts';

/** Whom to look at. */
export interface Wanted {
  pid?: number;
  port?: number;
  /** The load generator. */
  robots?: number;
  /** RLIMIT_NOFILE of the server, where the system does not show it. */
  nofile?: number;
  log?: string;
}

/** Where nobody names a port. */
export const DEFAULT_PORT = 8080;

/** Whom the walk is about, and what of it may change meanwhile. */
export interface Found {
  subject: Subject;
  /** Who holds the listener now. */
  holders(): Promise<number[]>;
  /** Who makes load now: of this machine's processes the one with the most connections to the server. */
  robots(): Promise<Watched | undefined>;
}

/**
 * Finds the server on this machine. That nobody listens is no error: some steps need no server.
 * @throws {UsageError} when a process or file that was named is not there
 * @throws {CannotRunError} on a system that is neither Linux nor macOS
 */
export async function find(os: NodeJS.Platform, wanted: Wanted, shell: Shell): Promise<Found> {
  if (wanted.log !== undefined) checkLog(wanted.log);
  if (os === 'linux') return findOnLinux(wanted, shell);
  if (os === 'darwin') return findOnDarwin(wanted, shell);
  throw new CannotRunError(
    `troubleshoot: it knows the commands of Linux and macOS, not of ${os}; run it on the server`,
  );
}

function checkLog(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new UsageError(
      `--log ${path}: ${messageOf(error).split(',')[0]}; allowed: a file that this user may read`,
    );
  }
}

/** A user's words for a port at which nobody listens. */
export function nobodyOn(port: number): string {
  return `nobody listens on port ${port} of this machine, or of this network namespace: start the server, or name it with --port or --pid`;
}

/** The key with the highest count. */
export function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

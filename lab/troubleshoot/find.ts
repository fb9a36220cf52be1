import { accessSync, constants } from 'node:fs';
import { CannotRunError, messageOf, UsageError } from '../../common/errors.ts';
import { findOnDarwin } from './darwin/find-on-darwin.ts';
import { findOnLinux } from './linux/find-on-linux.ts';
import type { Shell } from './shell.ts';
import type { Found, Wanted } from './subject.ts';

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
    `troubleshoot: not available on ${os}; allowed: Linux and macOS, on the machine of the server`,
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

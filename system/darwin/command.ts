import { execFile } from 'node:child_process';
import { commandEnv } from '../host.ts';

/** Runs a command and resolves with what it wrote to stdout, whatever its exit code; undefined when it cannot be run. */
export type Run = (command: string, ...args: string[]) => Promise<string | undefined>;

/** A command that takes longer says nothing. */
const PATIENCE_MS = 5000;

/** The real thing. */
export const run: Run = (command, ...args) =>
  new Promise((resolve) => {
    const options = { env: commandEnv(), timeout: PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, args, options, (error, stdout) => {
      // A number is an exit code; a command that is not there, or was killed, has none.
      resolve(error && typeof error.code !== 'number' ? undefined : stdout);
    });
  });

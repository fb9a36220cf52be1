import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The system's own first: one in a person's home is closed to an ordinary user. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** The path of a program of ours, or of their folder. */
export const program = (name: string) => join(import.meta.dirname, 'programs', name);

/** The command that runs a program of ours. */
export function command(name: string): string[] {
  return [name.endsWith('.py') ? PYTHON : process.execPath, program(name)];
}

/** gunicorn with an application of ours, such as `ok:app`. */
export function gunicorn(bind: string, app: string, ...flags: string[]): string[] {
  return ['gunicorn', '-b', bind, '--chdir', program(''), ...flags, app];
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';

/** What runs a command as an ordinary user, where this one is root. */
export const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

/** Why an ordinary user cannot be tried here. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can become somebody else';
  const as = (...argv: string[]) =>
    spawnSync(NOBODY[0] as string, [...NOBODY.slice(1), ...argv]).status === 0;
  if (!as('test', '-r', join(PROJECT_ROOT, 'lab/cli.ts')))
    return `an ordinary user cannot read ${PROJECT_ROOT}`;
  if (!as(process.execPath, '--version')) return `an ordinary user cannot run ${process.execPath}`;
  if (!as('unshare', '--user', '--map-root-user', '--net', 'true')) return 'user namespaces are refused here';
  return undefined;
}

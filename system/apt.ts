import { accessSync, constants } from 'node:fs';
import { lastLine, progress, type Ran, run } from '../common/run-command.ts';

/** True when `command` can be run from the PATH (or from sbin, which an ordinary user's PATH often lacks). */
export function hasCommand(command: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => canRun(`${folder}/${command}`));
}

/** True for a file that this user may run. */
export function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** True where packages can be had with apt: Debian, Ubuntu and what is made of them. */
export function hasApt(): boolean {
  return hasCommand('apt-get') && hasCommand('dpkg');
}

/** Runs apt-get so that it never asks, waits for other users of dpkg, and starts no service of its own. */
export function aptGet(args: string[], cwd = '/'): Promise<Ran> {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    NEEDRESTART_SUSPEND: '1',
    LC_ALL: 'C',
  };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=180', '-o', 'Acquire::Retries=3'];
  return run('apt-get', [...options, ...args], {
    env,
    cwd,
    timeoutMs: 600_000,
  });
}

/**
 * Installs Debian packages. The package lists are fetched only when it does not work without: they are often fresh.
 * Gives the reason when it failed, else undefined.
 */
export async function installPackages(
  packages: string[],
  say: (text: string) => void = progress,
): Promise<string | undefined> {
  const install = () => aptGet(['install', '-y', '--no-install-recommends', ...packages]);
  say(`apt-get install ${packages.join(' ')}`);
  if ((await install()).code === 0) return undefined;
  say('apt-get update');
  // A third party's source that does not answer fails the update as a whole, not the lists that matter here.
  await aptGet(['update']);
  const again = await install();
  return again.code === 0 ? undefined : `apt-get install ${packages.join(' ')}: ${lastLine(again)}`;
}

/** The version that `apt-get install` would take, or undefined when there is none. */
export async function candidate(name: string): Promise<string | undefined> {
  const ran = await run('apt-cache', ['policy', name], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  const version = /^ {2}Candidate: (\S+)$/m.exec(ran.stdout)?.[1];
  return version === '(none)' ? undefined : version;
}

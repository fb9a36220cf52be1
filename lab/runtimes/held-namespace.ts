import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endsWithLab } from '../../common/children.ts';
import { Debug } from '../../common/debug.ts';
import { CannotRunError } from '../../common/errors.ts';
import { refused } from '../settings/refused.ts';
import { settingsOf } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { LABEL_FLAG } from './processes.ts';
import { sysctlsOf } from './sysctls.ts';

const debug = new Debug('netns');

/** Whether this user needs no user namespace to make a network namespace. */
export const isRoot = () => process.getuid?.() === 0;

/** How unshare(1) makes a network namespace for this user. */
export function unshareFlags(): string[] {
  return isRoot() ? ['--net'] : ['--user', '--map-root-user', '--net'];
}

/** Gets files and their values in turn, and last the label, by which `clean` finds it. */
const HOLD = [
  'ip link set lo up || exit 1',
  'while [ $# -gt 1 ]; do',
  '  printf "%s\\n" "$2" 2>/dev/null > "$1" || { echo "refused $1"; exit 1; }',
  '  shift 2',
  'done',
  'echo held',
  // Ends when the lab closes the pipe, or dies.
  'read -r _',
].join('\n');

/**
 * Makes the namespace, writes its sysctls, and resolves with the process that keeps it. `enter`: the prefix that enters another one, of
 * whose user namespace it is to be.
 */
export async function holdNamespace(
  settings: ResolvedSettings,
  label: string,
  enter: readonly string[] = [],
): Promise<ChildProcess> {
  const writes = sysctlsOf(settings).flatMap(([name, value]) => [
    `/proc/sys/${name.replaceAll('.', '/')}`,
    value,
  ]);
  const argv = [...writes, LABEL_FLAG + label];
  // Beside another one it is of the same user namespace.
  const make = enter.length > 0 ? [...enter, 'unshare', '--net'] : ['unshare', ...unshareFlags()];
  const [command = '', ...flags] = make;
  const child = spawn(command, [...flags, '/bin/sh', '-c', HOLD, 'sh', ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  endsWithLab(child, { name: 'SIGKILL', group: true });
  child.stdin?.on('error', () => {});
  let said = '';
  const answer = new Promise<boolean>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      said += chunk;
      if (said.includes('held\n')) resolve(true);
    });
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    child.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
  const held = await debug.wait(`the network namespace of pid ${child.pid} to be set up`, answer);
  if (held) return child;
  const path = /refused (\S+)/.exec(said)?.[1];
  const name = settingsOf('sysctl').find((key) => path?.endsWith(`/${key}`));
  if (name === undefined)
    throw new CannotRunError(`network namespace: ${said.trim().split('\n')[0] || 'cannot be made'}`);
  throw refused(
    settings,
    name,
    'this kernel does not accept it in a network namespace; allowed: another value, or another runtime',
  );
}

/** Lets a namespace go; resolves when its first process has. */
export async function letGo(holder: ChildProcess): Promise<void> {
  holder.stdin?.end();
  if (holder.exitCode === null && holder.signalCode === null)
    await debug.wait(`the network namespace of pid ${holder.pid} to go`, once(holder, 'exit'));
}

/** The prefix that enters the namespace which that process keeps. */
export function enterPrefix(pid: number): string[] {
  const enter = ['nsenter', '-t', String(pid), '-n'];
  if (!isRoot()) enter.push('-U', '--preserve-credentials');
  return [...enter, '--'];
}

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lastLine, run } from '../../../common/run-command.ts';
import { hasApt, hasCommand, installPackages } from '../../../system/apt.ts';
import { noServices } from '../../../system/no-services.ts';
import type { Program } from './program.ts';

/** What the kinds of registries need here, beside what they bring. */
const LONGEST_MS = 600_000;

/** What is here, and what is not, with the reason and how to get it. */
export interface Installed {
  programs: Program[];
  missing: { name: string; why: string }[];
}

/** Where programs of the registries are kept. Root's is one that an ordinary user may read: it runs them. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const root = process.getuid?.() === 0;
  const cache = root ? '/var/cache' : env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'resetlab', 'strangers');
}

/**
 * Installs what these programs are made of and is not here yet: Debian's packages as root, whose services are not started, and
 * programs of npm, PyPI and Go into `cacheFolder`. Says what it installs; never throws.
 */
export async function installStrangers(
  programs: readonly Program[],
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<Installed> {
  const cache = cacheFolder();
  const failed = new Map<string, string>();
  const packages = ['nftables', ...programs.flatMap((one) => wantedOf(one))];
  const wanted = [...new Set(packages)].filter((name) => name !== 'nftables' || !hasCommand('nft'));
  if (wanted.length > 0) {
    const why = await withApt(wanted, say);
    if (why !== undefined) failed.set('debian', why);
  }
  for (const kind of ['npm', 'pypi', 'go'] as const) {
    const names = [...new Set(programs.flatMap(({ source }) => source[kind] ?? []))];
    if (names.length === 0 || signal?.aborted) continue;
    const why = await fromRegistry(kind, names, cache, say, signal);
    if (why !== undefined) failed.set(kind, why);
  }
  const missing = programs.flatMap((one) => {
    const why = whyMissing(one, failed);
    return why === undefined ? [] : [{ name: one.name, why }];
  });
  return { programs: programs.filter(({ name }) => !missing.some((one) => one.name === name)), missing };
}

function wantedOf({ source: { debian } }: Program): readonly string[] {
  return debian === undefined || isThere(debian.command) ? [] : debian.packages;
}

function isThere(command: string): boolean {
  return command.startsWith('/') ? globSync(command).length > 0 : hasCommand(command);
}

function whyMissing({ source }: Program, failed: ReadonlyMap<string, string>): string | undefined {
  const { debian } = source;
  if (debian && !isThere(debian.command))
    return failed.get('debian') ?? `no ${debian.command} after the install of ${debian.packages.join(' ')}`;
  for (const kind of ['npm', 'pypi', 'go'] as const) if (source[kind]) return failed.get(kind);
  return undefined;
}

async function withApt(packages: string[], say: (text: string) => void): Promise<string | undefined> {
  const command = `apt-get install ${packages.join(' ')}`;
  if (!hasApt())
    return `not installed, and there is no apt here; what it takes of Debian: ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) return `not installed; get it as root with: ${command}`;
  using _ = await noServices();
  return installPackages(packages, say);
}

/** Installs exactly these into a folder of their own, all or nothing: what a killed install left is begun again. */
async function fromRegistry(
  kind: 'npm' | 'pypi' | 'go',
  names: readonly string[],
  cache: string,
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const folder = join(cache, kind);
  const mark = join(
    folder,
    `.complete-${createHash('sha256').update(names.join()).digest('hex').slice(0, 12)}`,
  );
  if (existsSync(mark)) return undefined;
  const command = COMMANDS[kind](names, folder);
  say(`installs from ${kind === 'go' ? "Go's module proxy" : kind}: ${names.join(' ')}`);
  try {
    if (kind !== 'go') rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
  } catch (error) {
    return (error as Error).message;
  }
  const [program = '', ...args] = command;
  const env = {
    ...process.env,
    GOBIN: folder,
    CGO_ENABLED: '0',
    GOFLAGS: '',
    npm_config_update_notifier: 'false',
  };
  const ran = await run(program, args, { env, cwd: folder, timeoutMs: LONGEST_MS, signal });
  if (ran.code === 127) return `${program} is not installed; it takes ${program} to get ${names.join(' ')}`;
  if (ran.code !== 0) return `${command.join(' ')}: ${lastLine(ran)}`;
  writeFileSync(mark, '');
  return undefined;
}

const COMMANDS: Record<'npm' | 'pypi' | 'go', (names: readonly string[], folder: string) => string[]> = {
  npm: (names, folder) => [
    'npm',
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    folder,
    ...names,
  ],
  pypi: (names, folder) => [
    'python3',
    '-m',
    'pip',
    'install',
    '-q',
    '--no-deps',
    '--target',
    folder,
    ...names,
  ],
  go: (names) => ['nice', '-n', '10', 'go', 'install', '-ldflags=-s -w', ...names],
};

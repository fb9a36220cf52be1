import { chmodSync, existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lineOf } from '../../../common/errors.ts';
import { lastLine, run } from '../../../common/run-command.ts';
import { hasApt, hasCommand, installPackages } from '../../../system/apt.ts';
import { noServices } from '../../../system/no-services.ts';
import { readText } from '../../../system/read.ts';
import type { Program } from './program.ts';
import { PROGRAMS } from './programs.ts';

type Registry = 'npm' | 'pypi' | 'go';

const TOOLS = { npm: 'npm', pypi: 'python3', go: 'go' };
const REGISTRIES: readonly Registry[] = ['npm', 'pypi', 'go'];
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
  for (const kind of REGISTRIES) {
    if (!programs.some(({ source }) => source[kind]) || signal?.aborted) continue;
    // Those of all programs: whoever is asked for next finds them as well.
    const names = [...new Set(PROGRAMS.flatMap(({ source }) => source[kind] ?? []))];
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
  for (const kind of REGISTRIES) if (source[kind]) return failed.get(kind);
  return undefined;
}

async function withApt(packages: string[], say: (text: string) => void): Promise<string | undefined> {
  const command = `apt-get install ${packages.join(' ')}`;
  if (!hasApt())
    return `not installed, and there is no apt here; it needs these packages of Debian: ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) return `not installed; get it as root with: ${command}`;
  using _ = await noServices();
  return installPackages(packages, say);
}

/**
 * Installs exactly these, all or nothing: beside, and moved to its place when it is whole. Somebody else may do the same at the same
 * time; what is there already is left, since it may be in use.
 */
async function fromRegistry(
  kind: Registry,
  names: readonly string[],
  cache: string,
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const folder = join(cache, kind);
  const list = `${names.toSorted().join('\n')}\n`;
  if (readText(join(folder, LIST)) === list) return undefined;
  const part = `${folder}.${process.pid}`;
  const command = COMMANDS[kind](names, part);
  say(`installs from ${kind === 'go' ? "Go's module proxy" : kind}: ${names.join(' ')}`);
  try {
    mkdirSync(part, { recursive: true });
    chmodSync(part, 0o755);
    const [program = '', ...args] = command;
    const env = { ...process.env, GOBIN: part, CGO_ENABLED: '0', GOFLAGS: '' };
    const ran = await run(program, args, { env, cwd: part, timeoutMs: LONGEST_MS, signal });
    if (ran.code === 127) return `no ${TOOLS[kind]} here, which is needed to install ${names.join(' ')}`;
    if (ran.code !== 0) return `${command.join(' ')}: ${lastLine(ran)}`;
    writeFileSync(join(part, LIST), list);
    // Of other versions.
    if (readText(join(folder, LIST)) !== list) rmSync(folder, { recursive: true, force: true });
    if (!existsSync(folder)) renameSync(part, folder);
    return undefined;
  } catch (error) {
    return lineOf(error);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** What is in a folder of these. */
const LIST = '.resetlab';

const COMMANDS: Record<Registry, (names: readonly string[], folder: string) => string[]> = {
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

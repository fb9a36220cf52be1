import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';

/** Who has no rights at all. */
const NOBODY = 65_534;

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of somebody who has no clone: nothing in it but what npm has installed from the tarball. */
export class Project {
  /** Read by anybody. */
  readonly path = mkdtempSync(join(tmpdir(), 'resetlab-package-'));
  /** The package, as it is unpacked. */
  readonly installed = join(this.path, 'node_modules/resetlab');

  constructor() {
    chmodSync(this.path, 0o755);
  }

  /** Packs this clone and installs the tarball. Gives why that cannot be, undefined when it is done. */
  async install(): Promise<string | undefined> {
    const dist = join(this.path, '.made/dist');
    await must(process.execPath, [join(PROJECT_ROOT, 'scripts/package.ts'), dist], PROJECT_ROOT);
    await must('npm', ['pack', '--silent', dist, '--pack-destination', this.path], this.path);
    const tarball = readdirSync(this.path).find((name) => name.endsWith('.tgz')) ?? '';
    writeFileSync(join(this.path, 'package.json'), '{}');
    const installed = await npmInstall(this.path, [`./${tarball}`]);
    rmSync(join(this.path, '.made'), { recursive: true });
    return installed;
  }

  /** A folder of its own in it, of an ordinary user where there is one, in which the command can be called. */
  folder(name: string, mode = 0o755): string {
    const path = join(this.path, name);
    mkdirSync(path);
    // What stands in other people's folders.
    writeFileSync(join(path, '.env'), 'DATABASE_URL=postgres://x\nUSERS=many\n');
    if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY);
    chmodSync(path, mode);
    return path;
  }

  /** Runs the command there with this Node: as an ordinary user, whoever this is, with nothing of this environment but the PATH. */
  resetlab(node: string, folder: string, ...args: string[]): Promise<Ended> {
    const bin = join(this.path, 'node_modules/.bin/resetlab');
    const as =
      process.getuid?.() === 0 ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
    const [command = '', ...rest] = [...as, node, bin, ...args];
    return ended(command, rest, folder, { PATH: process.env.PATH, HOME: folder });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Nodes of these versions, by version, each from npm; or why they cannot be had. */
export async function fetchNodes(
  folder: string,
  versions: readonly string[],
): Promise<Map<string, string> | string> {
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{}');
  const why = await npmInstall(
    folder,
    versions.map((version, at) => `node${at}@npm:${name}@${version}`),
  );
  if (why !== undefined) return why;
  return new Map(versions.map((version, at) => [version, join(folder, `node_modules/node${at}/bin/node`)]));
}

async function npmInstall(folder: string, what: readonly string[]): Promise<string | undefined> {
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, stderr } = await ended('npm', ['install', ...flags, ...what], folder, process.env);
  return code === 0 ? undefined : `npm cannot install ${what.join(' ')}: ${stderr.trim().split('\n')[0]}`;
}

async function must(command: string, args: string[], folder: string): Promise<void> {
  const { code, stdout, stderr } = await ended(command, args, folder, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
}

function ended(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const one of ['stdout', 'stderr'] as const)
    child[one].setEncoding('utf8').on('data', (text: string) => {
      said[one] += text;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

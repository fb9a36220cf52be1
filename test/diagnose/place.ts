import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import type { DiagnosisDocument } from '../../lab/diagnose/diagnosis-document.ts';
import { hasCommand } from '../../system/apt.ts';
import { readListeners } from '../../system/proc/net-tcp.ts';
import { type Result, startLab } from '../lab/cli/lab.ts';
import { skip } from '../skip.ts';

/** Skips the suite, saying why, where a tool is missing; where everything has to run it fails instead. */
export function skipWithout(command: string): void {
  before(function () {
    if (hasCommand(command)) return;
    const why = process.env.RESETLAB_SERVERS_MISSING ?? `no ${command} on this machine`;
    if (process.env.RESETLAB_DOCKER === 'required') throw new Error(why);
    skip(this, why);
  });
}

/** A network namespace of a test's own, with a folder for what its servers write. Disposing it ends all that was started in it. */
export class Place implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'resetlab-diagnose-'));
  readonly #holder: ChildProcess;
  readonly #started: ChildProcess[] = [];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** With `sister` both belong to one user, who may then join them. */
  static async make(sysctls: Record<string, number> = {}, sister?: Place): Promise<Place> {
    const writes = Object.entries(sysctls).flatMap(([name, value]) => [`/proc/sys/${name}`, String(value)]);
    const script = [
      'ip link set lo up || exit 1',
      'while [ $# -gt 0 ]; do echo "$2" > "$1" || exit 1; shift 2; done',
      'echo held',
      'read -r _',
    ].join('\n');
    const root = process.getuid?.() === 0;
    const flags = root || sister ? ['--net'] : ['--user', '--map-root-user', '--net'];
    const argv = ['unshare', ...flags, '/bin/sh', '-c', script, 'sh', ...writes];
    const [command = '', ...args] = sister ? [...sister.enter, ...argv] : argv;
    const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [said] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'close')]);
    if (!String(said).startsWith('held')) throw new Error('no network namespace can be made here');
    return new Place(holder);
  }

  /** A process that is in the namespace for as long as there is one. */
  get holder(): number {
    return this.#holder.pid as number;
  }

  /** Put before a command to run it in the namespace. */
  get enter(): string[] {
    const user = process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials'];
    return ['nsenter', '-t', String(this.#holder.pid), '-n', ...user, '--'];
  }

  /** Starts a server and waits until it listens. Gives its pid. */
  async serve(argv: string[], port: number, { env = {}, nofile }: ServeOptions = {}): Promise<number> {
    const script = 'limit=$1; shift; [ -z "$limit" ] || ulimit -n "$limit" || exit; exec "$@"';
    const child = spawn(
      this.enter[0] as string,
      [...this.enter.slice(1), '/bin/sh', '-c', script, 'sh', String(nofile ?? ''), ...argv],
      {
        cwd: this.folder,
        env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...env, PORT: String(port) },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    this.#started.push(child);
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
    });
    const listens = () =>
      readListeners(`/proc/${this.#holder.pid}/net`).some((listener) => listener.port === port);
    while (!listens()) {
      if (child.exitCode !== null) throw new Error(`${argv[0]} ended: ${said}`);
      await sleep(20);
    }
    return child.pid as number;
  }

  /** A file for a server. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs `lab diagnose --json` in the namespace. */
  async diagnose(...args: string[]): Promise<Diagnosed> {
    return readDiagnosis(await startLab(['diagnose', '--json', ...args], { prefix: this.enter }).ended);
  }

  /** The same beside a load of somebody else, which begins once the server is watched; with `--for`, or until Ctrl-C. */
  async watch(args: string[], load: () => Promise<void>): Promise<Diagnosed> {
    const { child, ended, result } = startLab(['diagnose', '--json', ...args], { prefix: this.enter });
    while (!result.stderr.includes('watching')) {
      if (child.exitCode !== null) throw new Error(result.stderr);
      await sleep(20);
    }
    await load();
    if (!args.includes('--for')) child.kill('SIGINT');
    return readDiagnosis(await ended);
  }

  /** A load as anybody may make it: clients that connect, send a line, and stay. Gives when all have settled and stayed. */
  async clients(
    port: number,
    users: number,
    { says = '', stayMs = 1500, rampMs = 0, host = '127.0.0.1' } = {},
  ): Promise<void> {
    const argv = [process.execPath, join(import.meta.dirname, 'clients.ts')];
    const env = {
      HOST: host,
      PORT: String(port),
      USERS: String(users),
      SAYS: says,
      STAY_MS: String(stayMs),
      RAMP_MS: String(rampMs),
    };
    const child = spawn(this.enter[0] as string, [...this.enter.slice(1), ...argv], {
      env,
      stdio: 'inherit',
    });
    await once(child, 'close');
  }

  /** Runs a command as a person would type it, in the namespace. */
  run(command: string): string {
    return execFileSync(this.enter[0] as string, [...this.enter.slice(1), '/bin/sh', '-c', command], {
      encoding: 'utf8',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = this.#started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const closed = over.map((child) => once(child, 'close'));
    for (const child of over) child.kill('SIGTERM');
    const killer = setTimeout(() => over.map((child) => child.kill('SIGKILL')), 2000);
    await Promise.all(closed);
    clearTimeout(killer);
    this.#holder.stdin?.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface ServeOptions {
  env?: Record<string, string>;
  nofile?: number;
}

/** What came out: the document, and how the lab ended. */
export interface Diagnosed {
  code: number | null;
  document: DiagnosisDocument;
  /** The causes with this verdict. */
  causes(word: string): string[];
}

/** What a lab with `--json` came to. */
export function readDiagnosis({ code, stdout, stderr }: Result): Diagnosed {
  if (stdout === '') throw new Error(`no document: ${stderr}`);
  const document = JSON.parse(stdout) as DiagnosisDocument;
  const causes = (word: string) =>
    document.verdicts.filter(({ verdict }) => verdict === word).map(({ cause }) => cause);
  return { code, document, causes };
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Builds the Go server of this folder. With the flags of k6, which is built beside the tests: what both import is compiled once. */
export function buildGo(place: Place, folder = 'go'): string {
  const path = join(place.folder, `${folder}-server`);
  execFileSync('go', ['build', '-trimpath', '-o', path, 'main.go'], {
    cwd: join(import.meta.dirname, 'servers', folder),
    env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', CGO_ENABLED: '0' },
  });
  return path;
}

export const FORKING_PYTHON = ['python3', join(PROJECT_ROOT, 'test/diagnose/servers/fork.py')];
export const SLOW_PYTHON = ['python3', join(PROJECT_ROOT, 'test/diagnose/servers/slow.py')];

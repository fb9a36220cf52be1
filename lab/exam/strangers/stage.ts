import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endChild, endsWithLab } from '../../../common/children.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { readListeners } from '../../../system/proc/net-tcp.ts';
import { readText } from '../../../system/read.ts';
import { newLabel } from '../../runtimes/label.ts';
import { deathSignal, LABEL_FLAG } from '../../runtimes/processes.ts';

/** Where the users of a server are: in its network namespace, or in another one behind a veth. */
export type Where = 'beside' | 'elsewhere';

const AS_ROOT = process.getuid?.() === 0;

/** An ordinary user, put before a command by root; by an ordinary user nothing is. */
export const ORDINARY = AS_ROOT ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

/** Inside of a stage: a folder that is gone with it. */
export const FOLDER = '/mnt';

/** The server's address, as its users know it. */
const ADDRESS = { beside: '127.0.0.1', elsewhere: '10.77.0.1' };

/**
 * A stage's first process: the first one of a pid namespace, so that all that was started there is ended by the kernel with it, and it ends
 * when the lab's end of a pipe closes. Gets sysctls and their values in turn, and last the label, by which `clean` finds it.
 */
const HOLD = `
ip link set lo up && mount -t tmpfs -o mode=1777 resetlab ${FOLDER} || exit 1
while [ $# -gt 1 ]; do echo "$2" > "/proc/sys/$1" || exit 1; shift 2; done
echo held
read -r _`;

export interface Run {
  ended: Promise<{ code: number | null; signal?: NodeJS.Signals | null; stdout: string; stderr: string }>;
  child: ChildProcess;
  said: { stdout: string; stderr: string };
}

/**
 * Namespaces of its own for one question: of the network, of processes, mounts and IPC, and where the users come from elsewhere a second
 * one of the network. Nothing is left of it, whatever kills the lab: no process, no file, no shared memory.
 */
export class Stage implements AsyncDisposable {
  readonly #holder: ChildProcess;
  /** Its first process, and one in the users' network namespace. */
  readonly #first: number;
  readonly #started: ChildProcess[] = [];
  #users: number;
  readonly address: string;
  readonly where: Where;

  private constructor(holder: ChildProcess, first: number, where: Where) {
    this.#holder = holder;
    this.#first = first;
    this.#users = first;
    this.where = where;
    this.address = ADDRESS[where];
  }

  /** @throws {CannotRunError} where no such namespace can be made */
  static async make(where: Where, sysctls: Record<string, string> = {}): Promise<Stage> {
    const user = AS_ROOT ? [] : ['--user', '--map-root-user'];
    const spaces = ['--net', '--pid', '--mount', '--ipc', '--fork', '--kill-child=KILL'];
    const writes = Object.entries(sysctls).flat();
    const holder = spawn(
      'unshare',
      [...user, ...spaces, '/bin/sh', '-c', HOLD, 'sh', ...writes, LABEL_FLAG + newLabel()],
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    );
    endsWithLab(holder, { name: 'SIGKILL', group: true });
    await firstWord(holder, 'held', 'namespaces');
    const stage = new Stage(holder, childOf(holder.pid as number) as number, where);
    try {
      if (where === 'elsewhere') await stage.#joinUsers();
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  async #joinUsers(): Promise<void> {
    const script = 'ip link set lo up && echo held && exec sleep infinity';
    const argv = [...this.#into('-n', '-p'), 'unshare', '--net', '/bin/sh', '-c', script];
    const users = this.#spawn(argv);
    await firstWord(users, 'held', 'namespaces');
    this.#users = childOf(users.pid as number) as number;
    const veth = 'ip link add here type veth peer name there netns "$1" && ip addr add 10.77.0.1/24 dev here';
    this.#run([
      ...this.#into('-n'),
      '/bin/sh',
      '-c',
      `${veth} && ip link set here up`,
      'sh',
      String(this.#users),
    ]);
    const there = 'ip addr add 10.77.0.2/24 dev there && ip link set there up';
    this.#run([...this.#into('-n', '', this.#users), '/bin/sh', '-c', there]);
  }

  /** Put before a command to run it here. */
  #into(net: string, pid = '', of = this.#first): string[] {
    const user = AS_ROOT ? [] : ['-U', '--preserve-credentials'];
    return ['nsenter', '-t', String(of), net, '-m', '-i', ...(pid ? [pid] : []), ...user, '--'];
  }

  /** Runs a shell command here as root, e.g. one that changes the firewall. Throws what it said when it failed. */
  shell(script: string): void {
    this.#run([...this.#into('-n'), '/bin/sh', '-c', script]);
  }

  #run([command = '', ...args]: string[]): void {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: ENV });
  }

  #spawn(argv: string[], env: Record<string, string> = {}): ChildProcess {
    const [command = '', ...args] = [...deathSignal(), ...argv];
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...ENV, ...env },
    });
    this.#started.push(child);
    return endsWithLab(child, { name: 'SIGKILL', group: true });
  }

  /** Writes a file of the stage's folder. */
  write(name: string, text: string): void {
    const path = this.#path(name);
    mkdirSync(dirname(path), { recursive: true });
    // As whoever serves may be another user.
    writeFileSync(path, text, { mode: 0o644 });
  }

  read(name: string): string {
    return readText(this.#path(name)) ?? '';
  }

  #path(name: string): string {
    return join(`/proc/${this.#first}/root`, FOLDER, name);
  }

  /** Runs a command to its end as the ordinary user, in the stage's folder. Throws CannotRunError with its last line when it failed. */
  async prepare(argv: readonly string[]): Promise<void> {
    const { ended } = hear(this.#spawn([...this.#into('-n', '-p'), ...IN_FOLDER, ...ORDINARY, ...argv]));
    const { code, stderr } = await ended;
    if (code !== 0) throw new CannotRunError(`${argv[0]}: ${stderr.trim().split('\n').at(-1)}`);
  }

  /**
   * Starts a server as the ordinary user, and resolves with its pid once it listens. What it says goes to `log` of the stage's folder.
   * Throws CannotRunError with its last line when it has ended, or does not listen in time.
   */
  async serve(
    argv: readonly string[],
    port: number,
    { nofile, env = {} }: { nofile?: number; env?: Record<string, string> } = {},
  ): Promise<number> {
    const script = 'limit=$1; shift; [ -z "$limit" ] || ulimit -n "$limit" || exit; exec "$@" > log 2>&1';
    const shell = ['/bin/sh', '-c', script, 'sh', String(nofile ?? ''), ...argv];
    const child = this.#spawn([...this.#into('-n', '-p'), ...IN_FOLDER, ...ORDINARY, ...shell], env);
    const listens = () => {
      if (child.exitCode !== null || child.signalCode !== null) return false;
      return readListeners(`/proc/${this.#first}/net`).some((one) => one.port === port) || undefined;
    };
    if (await retryUntil<boolean>(listens, { everyMs: 30, forMs: LISTENS_MS })) {
      const pid = childOf(child.pid as number);
      if (pid !== undefined) return pid;
    }
    const last = this.read('log').trim().split('\n').at(-1);
    throw new CannotRunError(`${argv[0]}: it does not listen: ${last || 'it said nothing'}`);
  }

  /** Runs a module of ours with the project's Node where the users are, or beside the server. */
  node(from: 'users' | 'beside', module: string, env: Record<string, string>): Run {
    const into = this.#into('-n', '', from === 'users' ? this.#users : this.#first);
    return hear(this.#spawn([...into, ...deathSignal(), process.execPath, module], env));
  }

  /** Starts the lab itself beside the server, as root or as the ordinary user. What it leaves goes with the stage. */
  lab(cli: string, args: readonly string[], ordinary: boolean): Run {
    const as = ordinary && ORDINARY.length > 0 ? [...ORDINARY, '--pdeathsig', 'KILL', '--'] : deathSignal();
    const command = [process.execPath, cli, ...args, '--runs', join(FOLDER, ordinary ? 'runs' : 'runs-root')];
    const env = ordinary ? { HOME: FOLDER, TMPDIR: FOLDER } : { TMPDIR: FOLDER };
    return hear(this.#spawn([...this.#into('-n'), ...IN_FOLDER, ...as, ...command], env));
  }

  /** Starts a shell's command beside the server, as root and in this folder, with what a person's shell gives to it. */
  start(command: string, folder: string, env: Record<string, string>): Run {
    return hear(
      this.#spawn([...this.#into('-n'), 'env', `--chdir=${folder}`, '/bin/sh', '-c', command], env),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever waits outside for a process of the stage stops with it, and would keep its last trace.
    for (const child of this.#started)
      if (child.exitCode === null && child.signalCode === null)
        endChild(child, { name: 'SIGKILL', group: true });
    this.#holder.stdin?.end();
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) await once(this.#holder, 'exit');
  }
}

/** Keeps what a child says, for when it has ended. */
export function hear(child: ChildProcess): Run {
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said.stderr += text;
  });
  const ended = new Promise<Awaited<Run['ended']>>((resolve) => {
    child.once('error', (error) => resolve({ code: null, stdout: '', stderr: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  return { child, said, ended };
}

/** A JVM that is started beside three others takes a while. */
const LISTENS_MS = 20_000;

const IN_FOLDER = ['env', `--chdir=${FOLDER}`];

/** What parts of a stage inherit: no setting of the person's shell. */
const ENV = {
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
  LANG: 'C.UTF-8',
  HOME: process.env.HOME ?? '/',
  ...(process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}),
};

/** A process and all that have come of it, itself first: pids as seen from here. */
export function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

function childOf(pid: number): number | undefined {
  return childrenOf(pid)[0];
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

async function firstWord(child: ChildProcess, word: string, what: string): Promise<void> {
  let said = '';
  const heard = new Promise<boolean>((resolve) => {
    for (const from of [child.stdout, child.stderr])
      from?.on('data', (text) => {
        said += text;
        if (said.includes(word)) resolve(true);
      });
    child.once('error', ({ message }) => {
      said += message;
      resolve(false);
    });
    child.once('close', () => resolve(false));
  });
  if (await heard) return;
  throw new CannotRunError(`${what} cannot be made here: ${said.trim().split('\n')[0]}`);
}

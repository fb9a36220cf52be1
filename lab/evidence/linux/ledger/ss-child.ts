import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../../../../system/read.ts';
import { deathSignal } from '../../../runtimes/processes.ts';

/** Lines as they came, when they were read, and the earliest moment at which the first can have been written. */
export type OnLines = (lines: string[], at: number, from: number) => void;

/** So many lines at once are a burst: then they are read together, which costs a tenth. */
const BURST = 4;
const TOGETHER_MS = 40;
/** What is in the pipe at most is more than that. */
const FULL = 48 << 10;

/**
 * `ss -E` for one port, in our network namespace. It ends with us. When the kernel has no room for what it should be told it
 * ends by itself (iproute2 misc/ss.c handle_follow_request, lib/libnetlink.c rtnl_recvmsg): then another is started.
 */
export class SsChild {
  readonly #argv: string[];
  readonly #onLines: OnLines;
  readonly #onEnd: (why: string) => void;
  #child!: ChildProcess;
  #ended!: Promise<void>;
  #overflows = 0;
  #said = '';
  #rest = '';
  #blindSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #lastRead = 0;

  /** Tells `onEnd` why, in one line, when it ends for good before it is told to. */
  constructor(port: number, onLines: OnLines, onEnd: (why: string) => void) {
    this.#argv = [...deathSignal(), ...COMMAND, `sport = :${port}`];
    this.#onLines = onLines;
    this.#onEnd = onEnd;
    this.#start();
  }

  #start(): void {
    const [command = '', ...args] = this.#argv;
    // LC_ALL: what it says of its own trouble is read.
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    this.#child = child;
    this.#said = '';
    child.stdout?.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      if (this.#said.length < 2000) this.#said += text;
    });
    const ended = Promise.withResolvers<string>();
    child.once('error', (error) => ended.resolve(`it cannot be started: ${error.message}`));
    child.once('close', (code, signal) => ended.resolve(signal ?? `exit code ${code}`));
    this.#ended = ended.promise.then((how) => this.#restartOrTell(how));
  }

  #restartOrTell(how: string): void {
    this.#rest = '';
    if (this.#said.includes(OVERFLOW)) this.#overflows += 1;
    if (this.#over) return;
    if (this.#said.includes(OVERFLOW)) this.#start();
    else {
      this.#over = true;
      this.#onEnd(this.#reason(how));
    }
  }

  /** The process that is at work. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves once the kernel sends it what is freed, or it has ended. */
  async listens(): Promise<void> {
    for (const end = performance.now() + START_MS; performance.now() < end && !this.#over; ) {
      const rows = netlinkRows();
      if (rows === undefined || rows.some((row) => this.#isOurs(row))) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** How often the kernel had no room for what it should have told: each time some were lost, it does not say how many. */
  get overflows(): number {
    return this.#overflows;
  }

  /** Says that nothing could be read since that moment. */
  blind(since: number): void {
    if (this.#blindSince !== undefined) return;
    this.#blindSince = since;
    // By then what has come meanwhile has been read.
    setImmediate(() => {
      if (this.#timer === undefined) this.#blindSince = undefined;
    });
  }

  /** Resolves when all that was freed before has been read, or `forMs` have passed. */
  async settle(forMs: number): Promise<void> {
    for (const end = performance.now() + forMs; performance.now() < end && !this.#over; ) {
      const waiting = Number(netlinkRows()?.find((row) => this.#isOurs(row))?.[4] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, TOGETHER_MS));
      if (waiting === 0 && performance.now() - this.#lastRead > 2 * TOGETHER_MS) return;
    }
  }

  /** Ends it. */
  async end(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#child.kill('SIGKILL');
    this.#child.stdout?.resume();
    await this.#ended;
  }

  #isOurs([, protocol, port, groups]: string[]): boolean {
    return (
      protocol === SOCK_DIAG && Number(port) === this.#child.pid && Number.parseInt(groups ?? '0', 16) > 0
    );
  }

  #take(text: string): void {
    const at = Date.now();
    this.#lastRead = performance.now();
    const from = this.#blindSince ?? at;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (lines.length > 0) this.#onLines(lines, at, from);
    this.#blindSince = undefined;
    if (lines.length >= BURST && text.length < FULL && !this.#over) this.#readTogether();
  }

  /** Lets more come together. */
  #readTogether(): void {
    this.#blindSince = Date.now();
    const { stdout } = this.#child;
    stdout?.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      stdout?.resume();
    }, TOGETHER_MS);
  }

  #reason(how: string): string {
    if (/option.*E/.test(this.#said)) return 'this ss has no -E: it takes iproute2 5.0 or newer';
    const [line = ''] = this.#said.split('\n');
    return `ss -E ended by itself (${line === '' ? how : `${how}: ${line}`})`;
  }
}

const COMMAND = ['stdbuf', '-oL', 'ss', '-E', '-H', '-t', '-n', '-i', '-O', '-e'];
const OVERFLOW = 'No buffer space';
const START_MS = 1000;
const SOCK_DIAG = '4';

/** Rows of the netlink sockets of our namespace: address, protocol, port, groups, Rmem, Wmem, …. */
function netlinkRows(): string[][] | undefined {
  return readText('/proc/self/net/netlink')
    ?.split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/));
}

/** Why `ss -E` cannot be had here, in one line; undefined: nothing is known against it. */
export function missingTool(path = process.env.PATH ?? ''): string | undefined {
  if (!inPath('ss', path)) return 'ss is not installed (apt-get install iproute2)';
  if (!inPath('stdbuf', path))
    return 'stdbuf is not installed (apt-get install coreutils): without it ss tells late';
  return undefined;
}

function inPath(tool: string, path: string): boolean {
  return path.split(':').some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

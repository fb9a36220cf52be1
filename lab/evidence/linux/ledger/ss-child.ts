import { type ChildProcess, spawn } from 'node:child_process';
import { readText } from '../../../../system/read.ts';
import { canPrefix, inPath } from '../../../../system/tools.ts';
import { deathSignal } from '../../../runtimes/processes.ts';
import { type OnLines, type SsOutput, ssOutput } from './ss-output.ts';
import { UnlinkedFile } from './unlinked-file.ts';

/**
 * `ss -E` for one port, of the server's end (`sport`) or its clients' (`dport`), in our network namespace. It ends with us. When the kernel has no room for what it should be told it
 * ends by itself (iproute2 misc/ss.c handle_follow_request, lib/libnetlink.c rtnl_recvmsg): then another is started.
 */
export class SsChild {
  readonly #argv: string[];
  readonly #output: SsOutput;
  readonly #onEnd: (why: string) => void;
  #child!: ChildProcess;
  #ended!: Promise<void>;
  #overflows = 0;
  #said = '';
  #over = false;

  /** Tells `onEnd` why, in one line, when it ends for good before it is told to. */
  constructor(
    port: number,
    onLines: OnLines,
    onEnd: (why: string) => void,
    side: 'sport' | 'dport' = 'sport',
  ) {
    const death = deathSignal();
    this.#argv = [...death, ...comesFirst(), ...COMMAND, `${side} = :${port}`];
    // Where it does not end with us it must end by a pipe that nobody reads.
    this.#output = ssOutput(death.length > 0 ? UnlinkedFile.open() : undefined, onLines);
    this.#onEnd = onEnd;
    this.#start();
  }

  #start(): void {
    const [command = '', ...args] = this.#argv;
    // LC_ALL: what it says of its own trouble is read.
    const child = spawn(command, args, {
      stdio: ['ignore', this.#output.stdout, 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    this.#child = child;
    this.#said = '';
    this.#output.follow(child.pid, child.stdout);
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      if (this.#said.length < 2000) this.#said += text;
    });
    const ended = Promise.withResolvers<string>();
    child.once('error', (error) => ended.resolve(`it cannot be started: ${error.message}`));
    child.once('close', (code, signal) => ended.resolve(signal ?? `exit code ${code}`));
    this.#ended = ended.promise.then((how) => this.#restartOrTell(how));
  }

  #restartOrTell(how: string): void {
    if (this.#over) return;
    this.#output.finish();
    if (this.#said.includes(OVERFLOW)) this.#overflows += 1;
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
    return this.#overflows + this.#output.overflows;
  }

  /** Takes what it has written since, or much of it; true: there may be more by now. */
  read(): boolean {
    return this.#output.read();
  }

  /** Says that nothing could be read since that moment. */
  blind(since: number): void {
    this.#output.blind(since);
  }

  /** Resolves when all that was freed before has been read, or `forMs` have passed. */
  async settle(forMs: number): Promise<void> {
    for (const end = performance.now() + forMs; performance.now() < end && !this.#over; ) {
      const waiting = Number(netlinkRows()?.find((row) => this.#isOurs(row))?.[4] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
      while (this.read());
      if (waiting === 0 && this.#output.silentMs > 2 * SETTLE_STEP_MS) return;
    }
  }

  /** Ends it. */
  async end(): Promise<void> {
    this.#over = true;
    this.#child.kill('SIGKILL');
    this.#output.end();
    await this.#ended;
  }

  #isOurs([, protocol, port, groups]: string[]): boolean {
    return (
      protocol === SOCK_DIAG && Number(port) === this.#child.pid && Number.parseInt(groups ?? '0', 16) > 0
    );
  }

  #reason(how: string): string {
    if (/option.*E/.test(this.#said)) return 'this ss has no -E: it needs iproute2 5.0 or newer';
    const [line = ''] = this.#said.split('\n');
    return `ss -E ended by itself (${line === '' ? how : `${how}: ${line}`})`;
  }
}

/**
 * In a burst the kernel waits for nobody: what the receive buffer of ss has no room for is lost. So ss goes before all others (SCHED_RR,
 * sched(7)) where that may be had: root may. It works some microseconds for each end, and sleeps.
 */
function comesFirst(): string[] {
  const prefix = ['chrt', '--rr', '1'];
  return canPrefix(prefix) ? prefix : [];
}

const COMMAND = ['stdbuf', '-oL', 'ss', '-E', '-H', '-t', '-n', '-i', '-O', '-e'];
const OVERFLOW = 'No buffer space';
const START_MS = 1000;
const SETTLE_STEP_MS = 80;
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
    return 'stdbuf is not installed (apt-get install coreutils): without it the lines of ss arrive late';
  return undefined;
}

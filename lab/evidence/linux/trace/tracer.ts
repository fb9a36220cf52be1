import { type ChildProcess, spawn } from 'node:child_process';
import { Debug } from '../../../../common/debug.ts';
import { defined } from '../../../../common/defined.ts';
import { programAt } from '../../../../common/own-files.ts';
import { LineReader } from '../../../../protocol/ndjson-reader.ts';
import type { Namespaces } from '../../../../protocol/observer-events.ts';
import {
  noTrace,
  type TracedLine,
  type TraceEvidence,
  type TraceLine,
} from '../../../../protocol/trace-events.ts';
import { readBootId } from '../../../../system/host.ts';
import { wayToTracefs } from '../../../../system/tracefs/way-in.ts';
import { LABEL_FLAG } from '../../../runtimes/processes.ts';
import { removeOwnInstance } from './clean-traces.ts';

const debug = new Debug('evidence');

export interface TraceTarget {
  /** Marks the instance and its reader, for `clean`. */
  label: string;
  /**
   * Of our gateway as the robots find it, so also in the packets that it sends them, and no other's; then its resets are told of as well.
   * Absent: a server's users come at whatever addresses it listens on.
   */
  host?: string;
  /** Its users come from several addresses, which its resets are to tell. */
  manySources?: boolean;
  port: number;
  /** Addresses of its network namespace at which other servers listen on the same port. */
  others?: readonly string[] | undefined;
  /** Of the kernel that the server runs on; undefined: not known. */
  bootId: string | undefined;
  /** Where the server is, and its processes are numbered; undefined: not known. */
  namespaces: Namespaces | undefined;
  /** Takes what is told of each connection and of the server's processes, as it comes, and of the trace itself. */
  onLine: (line: TracedLine) => void;
}

/** A trace under way. */
export interface Tracer extends AsyncDisposable {
  /** Ends it and gives what it found; again, the same. */
  stop(): Promise<TraceEvidence>;
}

/** A machine that is busy may take seconds to start a process. */
const START_MS = 10_000;
/** Far longer than the longest trace takes to be written. */
const STOP_MS = 20_000;

/** Starts tracing where it can be had. Never throws: where not, `stop` says why. */
export async function startTracer(target: TraceTarget): Promise<Tracer> {
  const way = wayToTracefs();
  if (typeof way === 'string') return without(way, target);
  if (target.bootId === undefined || target.bootId !== readBootId())
    return without(
      `the ${target.host === undefined ? 'server' : 'gateway'} runs on another kernel than the lab`,
      target,
    );
  return new Reader(way, target).started();
}

function without(why: string, { onLine }: TraceTarget): Tracer {
  onLine({ event: 'witness', at: Date.now(), by: 'tracefs', missing: why, lost: 0 });
  return { stop: async () => noTrace(why), [Symbol.asyncDispose]: async () => {} };
}

/** The process that reads. It is not killed with the lab, as parts are: it ends by itself then, and removes the instance. */
class Reader implements Tracer {
  readonly #child: ChildProcess;
  readonly #evidence: TraceEvidence = { available: true, resets: [], lost: 0, unknown: 0, cpuMs: 0 };
  readonly #target: TraceTarget;
  #lost = 0;
  readonly #tracing = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;
  #complete = false;

  constructor(way: readonly string[], target: TraceTarget) {
    this.#target = target;
    const { label, host, manySources, port, others, namespaces } = target;
    const main = programAt('lab/evidence/linux/trace/trace-main.ts');
    const [command = '', ...args] = [...way, process.execPath, main, LABEL_FLAG + label];
    this.#child = spawn(command, args, {
      env: defined({
        PATH: process.env.PATH,
        // To strip its types takes more than half of its start.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        TRACE_LABEL: label,
        TRACE_HOST: host,
        TRACE_PORT: String(port),
        TRACE_OTHERS: others?.join(','),
        TRACE_NET: namespaces?.net,
        TRACE_PIDS: namespaces?.pid,
        TRACE_RESETS: host === undefined ? undefined : '1',
        TRACE_ADDRESSES: manySources ? '1' : undefined,
      }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const reader = new LineReader((line) => this.#file(line as TraceLine));
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.on('data', (chunk: Buffer) => reader.push(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => reader.note(chunk.toString()));
    this.#ended = new Promise<void>((resolve) => {
      this.#child.once('error', (error) => {
        reader.note(error.message);
        resolve();
      });
      this.#child.once('close', () => resolve());
    }).then(() => {
      reader.end();
      if (!this.#complete) {
        const why = reader.stray.trim().split('\n')[0] || 'its reader was ended';
        Object.assign(this.#evidence, noTrace(why));
        target.onLine({ event: 'witness', at: Date.now(), by: 'tracefs', missing: why, lost: this.#lost });
      }
      // Killed, it could not do so itself.
      if (this.#child.signalCode !== null) removeOwnInstance(label);
      this.#tracing.resolve();
    });
  }

  async started(): Promise<this> {
    const late = setTimeout(() => {
      this.#child.stdin?.end();
      this.#tracing.resolve();
    }, START_MS);
    await debug.wait('the trace to begin; else there is none', this.#tracing.promise, START_MS);
    clearTimeout(late);
    return this;
  }

  async stop(): Promise<TraceEvidence> {
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await debug.wait('the trace to be read', this.#ended, STOP_MS);
    clearTimeout(killer);
    return this.#evidence;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #file(line: TraceLine): void {
    switch (line.event) {
      case 'tracing':
        this.#tracing.resolve();
        break;
      case 'witness':
        this.#lost = line.lost;
        this.#target.onLine(line);
        break;
      case 'connections':
      case 'failed-connects':
      case 'process':
      case 'refusals':
        this.#target.onLine(line);
        break;
      case 'traced-reset': {
        const { event: _, ...reset } = line;
        this.#evidence.resets.push(reset);
        break;
      }
      case 'traced': {
        const { event: _, ...figures } = line;
        Object.assign(this.#evidence, figures.why === undefined ? figures : noTrace(figures.why));
        this.#complete = true;
      }
    }
  }
}

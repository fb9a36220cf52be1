import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readText } from '../read.ts';
import { CpuRecords, takeInOrder } from './cpu-records.ts';
import { parseFormat } from './event-format.ts';
import { type Decoder, decoderOf, type TraceEvent } from './events.ts';

/** Of all CPUs together, KiB; an event takes some 100 bytes. */
const BUFFER_KB = 16_384;
const CPU_KB = { least: 512, most: 4096 };

const LOST = /^(?:overrun|commit overrun|dropped events): (\d+)/gm;

/** An event to be switched on, e.g. `tcp/tcp_send_reset`, and which of them, for the kernel to choose. */
export interface Wanted {
  event: string;
  filter?: string;
}

/**
 * An instance of the kernel's tracing, with buffers and switches of its own. Its events are those of the whole machine, not of
 * a namespace (Documentation/trace/ftrace.rst, "Instances"). It lives until it is removed, also when no process has it.
 */
export class TraceInstance {
  readonly #folder: string;
  /** One a CPU: events as records. As text the kernel takes 5 µs for each. */
  readonly #pipes: number[] = [];
  readonly #records: CpuRecords[];
  readonly #cpus: number[];
  /** One a CPU: what was lost. */
  readonly #stats: number[] = [];
  readonly #text = Buffer.alloc(1024);
  /** Records that were not understood so far. */
  unknown = 0;
  readonly #decoders = new Map<number, Decoder>();
  /** Events that this kernel does not have, or not with these fields. */
  readonly missing: string[];
  readonly #page = new Uint8Array(65_536);

  /** Makes it and switches its events on. Throws, and leaves nothing, when it cannot be made or this kernel has none of them. */
  constructor(tracefs: string, name: string, events: readonly Wanted[], cpuKb?: number) {
    this.#folder = join(tracefs, 'instances', name);
    mkdirSync(this.#folder);
    try {
      const cpus = readdirSync(this.#path('per_cpu'));
      this.#cpus = cpus.map((cpu) => Number(cpu.slice('cpu'.length)));
      this.#records = cpus.map(() => new CpuRecords());
      const fair = Math.floor(BUFFER_KB / cpus.length);
      const kb = cpuKb ?? Math.min(CPU_KB.most, Math.max(CPU_KB.least, fair));
      this.#write('buffer_size_kb', String(kb));
      // CLOCK_MONOTONIC, which process.hrtime reads as well.
      this.#write('trace_clock', 'mono');
      // So that the process of a thread can be told when both are gone.
      this.#option('record-tgid');
      for (const cpu of cpus) {
        this.#pipes.push(
          openSync(this.#path(`per_cpu/${cpu}/trace_pipe_raw`), constants.O_RDONLY | constants.O_NONBLOCK),
        );
        this.#stats.push(openSync(this.#path(`per_cpu/${cpu}/stats`), 'r'));
      }
      this.missing = events.filter((wanted) => !this.#switchOn(wanted)).map(({ event }) => event);
      if (this.missing.length === events.length)
        throw new Error(`this kernel does not trace ${this.missing.join(', ')}`);
    } catch (error) {
      // One that is read is not removed.
      this.#close();
      removeInstance(this.#folder);
      throw error;
    }
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  #write(file: string, text: string): void {
    writeFileSync(this.#path(file), text);
  }

  #option(name: string): void {
    const file = `options/${name}`;
    if (existsSync(this.#path(file))) this.#write(file, '1');
  }

  /** The processes of the threads that ran lately, also of those that are gone (kernel/trace/trace_sched_switch.c saved_tgids_show). */
  processes(): Map<number, number> {
    const text = readText(join(this.#folder, '../../saved_tgids')) ?? '';
    return new Map(
      [...text.matchAll(/^(\d+) (\d+)$/gm)].map(([, thread, pid]) => [Number(thread), Number(pid)]),
    );
  }

  /** What such a thread was called, also of one that is gone (kernel/trace/trace_sched_switch.c saved_cmdlines_show). */
  nameOf(thread: number): string | undefined {
    const text = readText(join(this.#folder, '../../saved_cmdlines')) ?? '';
    return new RegExp(`^${thread} (.+)$`, 'm').exec(text)?.[1];
  }

  /** Switches an event on, now that it is known to be needed. False: this kernel does not have it, or not with such fields. */
  also(wanted: Wanted): boolean {
    return this.#switchOn(wanted);
  }

  #switchOn({ event, filter }: Wanted): boolean {
    const folder = `events/${event}`;
    const format = parseFormat(readText(this.#path(`${folder}/format`)) ?? '');
    const decoder = format && decoderOf(format);
    if (format === undefined || decoder === undefined) return false;
    this.#decoders.set(format.id, decoder);
    try {
      if (filter !== undefined) this.#write(`${folder}/filter`, filter);
    } catch (error) {
      // A field that is not there (kernel/trace/trace_events_filter.c parse_pred).
      if ((error as NodeJS.ErrnoException).code === 'EINVAL') return false;
      throw error;
    }
    this.#write(`${folder}/enable`, '1');
    return true;
  }

  /** Reads what is in the buffers, for `take`. Does not wait. True: some events before them were written over. */
  read(): boolean {
    let gap = false;
    for (const [index, pipe] of this.#pipes.entries()) {
      const records = this.#records[index] as CpuRecords;
      records.tidy();
      for (let page = this.#nextPage(pipe); page.length > 0; page = this.#nextPage(pipe))
        gap = records.add(page) || gap;
    }
    return gap;
  }

  /**
   * Hands out what was read, of all CPUs, in the order of their times, up to `until` (ms): what is later waits for whatever another CPU
   * wrote before it.
   */
  take(until: number, take: (event: TraceEvent) => void): void {
    takeInOrder(this.#records, until * 1e6, (page, at, length, ns, index) => {
      const decode = this.#decoders.get(page.getUint16(at, true));
      const event = decode?.(page, at, length, ns / 1e6, this.#cpus[index] as number);
      if (event === undefined) this.unknown += 1;
      else take(event);
    });
  }

  #nextPage(pipe: number): Uint8Array {
    try {
      return this.#page.subarray(0, readSync(pipe, this.#page));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return this.#page.subarray(0, 0);
      throw error;
    }
  }

  /** Events that found no room: written over, or not written (kernel/trace/trace.c tracing_stats_read). */
  lost(): number {
    let lost = 0;
    for (const stats of this.#stats) {
      const text = this.#text.toString('latin1', 0, readSync(stats, this.#text, 0, this.#text.length, 0));
      for (const [, count] of text.matchAll(LOST)) lost += Number(count);
    }
    return lost;
  }

  /** Switches its events off: from now on nothing comes in. */
  stop(): void {
    this.#write('events/enable', '0');
  }

  #close(): void {
    for (const file of [...this.#pipes, ...this.#stats]) closeSync(file);
  }

  [Symbol.dispose](): void {
    this.#close();
    removeInstance(this.#folder);
  }
}

/** Removes an instance that no process reads; its events end with it. False when it is still in use. */
export function removeInstance(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

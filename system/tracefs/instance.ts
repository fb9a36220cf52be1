import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Of all CPUs together, KiB; an event takes some 100 bytes. */
const BUFFER_KB = 16_384;
const CPU_KB = { least: 512, most: 4096 };

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
  readonly #pipe: number;
  readonly #cpus: string[];
  /** Events that this kernel does not have, or not with these fields. */
  readonly missing: string[];
  readonly #page = Buffer.alloc(65_536);

  /** Makes it and switches its events on. Throws, and leaves nothing, when it cannot be made or this kernel has none of them. */
  constructor(tracefs: string, name: string, events: readonly Wanted[], cpuKb?: number) {
    this.#folder = join(tracefs, 'instances', name);
    mkdirSync(this.#folder);
    let pipe: number | undefined;
    try {
      this.#cpus = readdirSync(this.#path('per_cpu'));
      const fair = Math.floor(BUFFER_KB / this.#cpus.length);
      const kb = cpuKb ?? Math.min(CPU_KB.most, Math.max(CPU_KB.least, fair));
      this.#write('buffer_size_kb', String(kb));
      // CLOCK_MONOTONIC, which process.hrtime reads as well.
      this.#write('trace_clock', 'mono');
      pipe = openSync(this.#path('trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
      this.#pipe = pipe;
      // So that a thread's process is told also when both are gone.
      this.#option('record-tgid');
      this.missing = events.filter((wanted) => !this.#switchOn(wanted)).map(({ event }) => event);
      if (this.missing.length === events.length)
        throw new Error(`this kernel does not trace ${this.missing.join(', ')}`);
    } catch (error) {
      // One that is read is not removed.
      if (pipe !== undefined) closeSync(pipe);
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

  /** Switches an event on, now that it is known to be needed. False: this kernel does not have it, or not with such fields. */
  also(wanted: Wanted): boolean {
    return this.#switchOn(wanted);
  }

  #switchOn({ event, filter }: Wanted): boolean {
    const folder = `events/${event}`;
    if (!existsSync(this.#path(folder))) return false;
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

  /** What is in the buffers, as text, taken out of them; '' when there is nothing. Does not wait. */
  read(): string {
    try {
      return this.#page.toString('latin1', 0, readSync(this.#pipe, this.#page));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
      throw error;
    }
  }

  /** Events that found no room: written over, or not written (kernel/trace/trace.c tracing_stats_read). */
  lost(): number {
    return this.#cpus.reduce(
      (sum, cpu) =>
        sum +
        this.#stat(cpu, 'overrun') +
        this.#stat(cpu, 'commit overrun') +
        this.#stat(cpu, 'dropped events'),
      0,
    );
  }

  #stat(cpu: string, name: string): number {
    const text = readFileSync(this.#path(`per_cpu/${cpu}/stats`), 'latin1');
    return Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  }

  /** Switches its events off: from now on nothing comes in. */
  stop(): void {
    this.#write('events/enable', '0');
  }

  [Symbol.dispose](): void {
    closeSync(this.#pipe);
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

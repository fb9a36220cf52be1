import { statusField } from '../../../../system/proc/status.ts';
import { readText } from '../../../../system/read.ts';

/** A number may soon be another thread's. */
const KNOWN_MS = 10_000;
const MOST_KNOWN = 20_000;
/** Kernel threads that work for others: what they do nobody of the server did. */
const WORKER = /^kworker/;

/** Whose the threads are that the trace names. */
export class Threads {
  readonly #saved: () => Map<number, number>;
  readonly #known = new Map<number, { pid: number | undefined; at: number }>();
  #now = performance.now();
  #lately: Map<number, number> | undefined;

  /** `saved`: what the trace itself has kept of threads and their processes, also of those that are gone. */
  constructor(saved: () => Map<number, number>) {
    this.#saved = saved;
  }

  /** New events are taken up: what the trace has kept is read again when it is needed. */
  begin(): void {
    this.#now = performance.now();
    this.#lately = undefined;
  }

  /** The process of a thread, as /proc numbers it; undefined: not known, or the kernel's own. */
  processOf(thread: number): number | undefined {
    const known = this.#known.get(thread);
    if (known !== undefined && this.#now - known.at < KNOWN_MS) return known.pid;
    const pid = this.#find(thread);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(thread, { pid, at: this.#now });
    return pid;
  }

  #find(thread: number): number | undefined {
    const status = readText(`/proc/${thread}/status`);
    if (status !== undefined)
      return WORKER.test(statusField(status, 'Name') ?? '') ? undefined : Number(statusField(status, 'Tgid'));
    this.#lately ??= this.#saved();
    return this.#lately.get(thread);
  }
}

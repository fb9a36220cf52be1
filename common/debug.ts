import { type DebugLogger, debuglog } from 'node:util';

/**
 * Says on stderr what a room of the lab waits for, starts and ends, when NODE_DEBUG names it: `resetlab:*` for all of them,
 * `resetlab:docker,resetlab:run` for two. Parts of a run do not inherit NODE_DEBUG.
 */
export class Debug {
  readonly #log: DebugLogger;

  constructor(room: string) {
    this.#log = debuglog(`resetlab:${room}`);
  }

  /** Is this room to be told of? For what takes time to put into words. */
  get on(): boolean {
    return this.#log.enabled;
  }

  /** One line, as util.format has it. */
  say(text: string, ...values: unknown[]): void {
    this.#log(text, ...values);
  }

  /**
   * Tells that `what` is waited for, for at most `boundMs`, and how the wait ended and after how long. Gives the promise itself. Without a
   * bound something else ends the wait: a signal, or the end of a process.
   */
  wait<T>(what: string, promise: Promise<T>, boundMs?: number): Promise<T> {
    if (!this.on) return promise;
    const from = performance.now();
    const after = () => `after ${Math.round(performance.now() - from)} ms`;
    this.say('%s: waiting%s', what, boundMs === undefined ? '' : ` (at most ${boundMs} ms)`);
    promise.then(
      () => this.say('%s: over %s', what, after()),
      (error: unknown) =>
        this.say('%s: failed %s: %s', what, after(), error instanceof Error ? error.message : error),
    );
    return promise;
  }
}

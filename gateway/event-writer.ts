import { writeSync } from 'node:fs';
import type { GatewayLine } from '../protocol/gateway-events.ts';

/** Characters that may wait for a slow reader before further lines are dropped. */
const MAX_PENDING = 8 * 2 ** 20;

/**
 * Writes JSON lines to stdout: all lines of one turn of the event loop in one write. A reader that is slow, or gone,
 * costs lines (counted in `dropped`), never the loop's time and never memory without bound.
 */
export class Out {
  /** Lines that were not written since the reader is too slow or gone. */
  dropped = 0;
  #pending: string[] = [];
  #size = 0;
  #scheduled = false;
  #gone = false;
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', () => {
      this.#gone = true;
      this.#take();
    });
  }

  /** Queues one line; it goes out before the next turn of the event loop. */
  write(line: GatewayLine): void {
    if (this.#gone || (this.#size > MAX_PENDING && line.event !== 'drained')) {
      this.dropped++;
      return;
    }
    const text = `${JSON.stringify(line)}\n`;
    this.#pending.push(text);
    this.#size += text.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /** Resolves when everything written so far is with the reader, or after `ms` milliseconds. */
  finish(ms: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms).unref();
      if (this.#gone) resolve();
      else this.#stream.write(this.#take(), () => resolve());
    });
  }

  /** Writes what is queued and one more line at once: the last words before the process dies. */
  last(line: GatewayLine): void {
    // What the stream holds may have gone out in part: a line of its own keeps this one whole.
    const apart = this.#stream.writableLength > 0 ? '\n' : '';
    try {
      writeSync(1, `${apart}${this.#take()}${JSON.stringify(line)}\n`);
    } catch {
      // A full pipe (EAGAIN) or none (EPIPE): there is nobody to tell.
    }
  }

  #flush(): void {
    if (this.#gone) return;
    if (this.#stream.writableNeedDrain) {
      this.#stream.once('drain', () => this.#flush());
      return;
    }
    this.#scheduled = false;
    this.#stream.write(this.#take());
  }

  #take(): string {
    const text = this.#pending.join('');
    this.#pending = [];
    this.#size = 0;
    return text;
  }
}

import type { FleetLine, WaitingLine } from '../protocol/fleet-events.ts';

/** Characters in one write, at most: the 64 KB of a pipe. */
const CHUNK = 65_536;

/** A reader that takes longer has stopped reading. */
const LONGEST_FLUSH_MS = 10_000;

/** Writes JSON lines to stdout. */
export class Out {
  #pending = '';
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // Nobody reads any more, so there is nothing left to do.
    stream.on('error', () => process.exit(0));
  }

  /** Users' lines wait to be written together; any other goes out at once, after them. */
  write(line: FleetLine | WaitingLine): void {
    this.#pending += `${JSON.stringify(line)}\n`;
    if (line.event !== 'user' || this.#pending.length > CHUNK) this.flush();
  }

  writeText(text: string): void {
    this.#pending += text;
    if (this.#pending.length > CHUNK) this.flush();
  }

  /** Resolves when all lines are with the reader: a pipe takes 64 KB, the rest waits in this process until then. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, LONGEST_FLUSH_MS).unref();
      this.#stream.write(this.#pending, () => resolve());
      this.#pending = '';
    });
  }

  flush(): void {
    if (this.#pending !== '') this.#stream.write(this.#pending);
    this.#pending = '';
  }
}

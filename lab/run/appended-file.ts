import { closeSync, openSync, writeFileSync } from 'node:fs';

/** Longest that a line waits to be written, ms. */
const WAIT_MS = 200;
/** Bytes that are not waited with. */
const ENOUGH = 65_536;

/**
 * A file of one JSON object a line, written as they come: what was said WAIT_MS ago is in it, whatever ends this process. Whoever appends
 * waits for the disk: what waited here would be in memory, and of many lines that come at once there would be all.
 */
export class AppendedFile {
  readonly #onFailed: (error: unknown) => void;
  #file: number | undefined;
  /** What waits is in here; as strings, of many lines there would be as much again in garbage. */
  readonly #bytes = Buffer.allocUnsafeSlow(ENOUGH);
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;

  /** @param onFailed called once, with the first error; whatever comes from then on is dropped */
  constructor(path: string, onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed;
    this.#try(() => {
      this.#file = openSync(path, 'a');
    });
  }

  /** @param json the text of an object */
  append(json: string): void {
    if (this.#file === undefined) return;
    const needed = Buffer.byteLength(json) + 1;
    if (this.#length + needed > ENOUGH) this.#write();
    if (needed > ENOUGH) {
      this.#put(Buffer.from(`${json}\n`));
      return;
    }
    this.#length += this.#bytes.write(json, this.#length);
    this.#length = this.#bytes.writeUInt8(0x0a, this.#length);
    this.#timer ??= setTimeout(() => this.#write(), WAIT_MS);
  }

  /** Writes what waits. Nothing may be appended after it. */
  end(): void {
    this.#write();
    this.#close();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const length = this.#length;
    this.#length = 0;
    if (length > 0) this.#put(this.#bytes.subarray(0, length));
  }

  #put(bytes: Uint8Array): void {
    const file = this.#file;
    if (file !== undefined) this.#try(() => writeFileSync(file, bytes));
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) this.#try(() => closeSync(file));
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      const isFirst = !this.#failed;
      this.#failed = true;
      this.#close();
      if (isFirst) this.#onFailed(error);
    }
  }
}

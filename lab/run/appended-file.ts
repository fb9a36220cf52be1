import { type FileHandle, open } from 'node:fs/promises';

/** Longest that a line waits to be written, ms. */
const WAIT_MS = 200;
/** Bytes that are not waited with. */
const ENOUGH = 65_536;

/** A file of one JSON object a line, written as they come: what was said WAIT_MS ago is in it, whatever ends this process. */
export class AppendedFile {
  readonly #opened: Promise<FileHandle | undefined>;
  readonly #onFailed: (error: unknown) => void;
  /** What waits is in here; as strings, of many lines there would be as much again in garbage. */
  #bytes = Buffer.allocUnsafeSlow(ENOUGH);
  #length = 0;
  /** Those that were written, for the next. */
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  /** @param onFailed called once, with the first error; whatever comes from then on is dropped */
  constructor(path: string, onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed;
    this.#opened = open(path, 'a').catch((error) => this.#fail(error));
  }

  /** @param json the text of an object */
  append(json: string): void {
    if (this.#failed) return;
    const needed = Buffer.byteLength(json) + 1;
    if (this.#length + needed > this.#bytes.length) this.#write();
    if (needed > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(needed);
    this.#length += this.#bytes.write(json, this.#length);
    this.#length = this.#bytes.writeUInt8(0x0a, this.#length);
    this.#timer ??= setTimeout(() => this.#write(), WAIT_MS);
  }

  /** Resolves when all is written, or could not be. Nothing may be appended after it. */
  async end(): Promise<void> {
    this.#write();
    await this.#writing;
    const file = await this.#opened;
    await file?.close().catch((error) => this.#fail(error));
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [bytes, length] = [this.#bytes, this.#length];
    if (length === 0) return;
    this.#bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(ENOUGH);
    this.#length = 0;
    this.#writing = this.#writing.then(async () => {
      await this.#append(bytes.subarray(0, length));
      if (this.#free.length === 0) this.#free.push(bytes);
    });
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const file = await this.#opened;
    if (!this.#failed) await file?.appendFile(bytes).catch((error) => this.#fail(error));
  }

  #fail(error: unknown): undefined {
    if (!this.#failed) this.#onFailed(error);
    this.#failed = true;
  }
}

import { type FileHandle, open } from 'node:fs/promises';

/** Longest that a line waits to be written, ms. */
const WAIT_MS = 200;
/** Characters that are not waited with. */
const ENOUGH = 65_536;

/** A file of one JSON object a line, written as they come: what was said WAIT_MS ago is in it, whatever ends this process. */
export class AppendedFile {
  readonly #opened: Promise<FileHandle | undefined>;
  readonly #onFailed: (error: unknown) => void;
  #pending: string[] = [];
  #length = 0;
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
    this.#pending.push(json);
    this.#length += json.length + 1;
    if (this.#length >= ENOUGH) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), WAIT_MS);
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
    const text = this.#length === 0 ? '' : `${this.#pending.join('\n')}\n`;
    this.#pending = [];
    this.#length = 0;
    if (text !== '') this.#writing = this.#writing.then(() => this.#append(text));
  }

  async #append(text: string): Promise<void> {
    const file = await this.#opened;
    if (!this.#failed) await file?.appendFile(text).catch((error) => this.#fail(error));
  }

  #fail(error: unknown): undefined {
    if (!this.#failed) this.#onFailed(error);
    this.#failed = true;
  }
}

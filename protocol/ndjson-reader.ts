/**
 * Node's own warnings (lib/internal/process/warning.js), with the hint that follows the first: of a process that ends,
 * the first line is taken for its reason, and they come before it.
 */
const WARNING = /^\((?:node:\d+\) |Use `\S+ --trace-)/;

/** Splits a byte stream into lines; parsed JSON objects go to `onLine`, the rest is kept (its last 8 KiB). */
export class LineReader {
  #rest = '';
  #stray = '';
  readonly #onLine: (line: unknown) => void;
  readonly #decoder = new TextDecoder();

  constructor(onLine: (line: unknown) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    let from = 0;
    // A long line comes in many chunks: each is looked through once.
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.#rest + text.slice(from, end);
      this.#rest = '';
      from = end + 1;
      this.#take(line);
    }
    this.#rest += text.slice(from);
  }

  end(): void {
    this.#take(this.#rest);
    this.#rest = '';
  }

  /** Output that was no JSON line, without Node's warnings. */
  get stray(): string {
    return this.#stray.replace(/^.*\n/gm, (line) => (WARNING.test(line) ? '' : line));
  }

  #take(line: string): void {
    if (line.startsWith('{')) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(line);
      } catch {
        this.note(line);
        return;
      }
      this.#onLine(parsed);
    } else if (line.trim() !== '') this.note(line);
  }

  /** Keeps text beside the lines, such as stderr. */
  note(text: string): void {
    this.#stray = `${this.#stray}${text.trimEnd()}\n`.slice(-8192);
  }
}

/** Lines that go out together wait so long for others, ms: a tenth of what people see as a delay. */
const WAIT_MS = 10;
const MOST = 1000;

/** Gathers lines, so that a thousand users are not as many messages. */
export class LineBatch {
  readonly #send: (lines: unknown[]) => void;
  #lines: unknown[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (lines: unknown[]) => void) {
    this.#send = send;
  }

  add(line: unknown): void {
    this.#lines.push(line);
    if (this.#lines.length >= MOST) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WAIT_MS);
  }

  /** Sends what there is. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length > 0) this.#send(this.#lines);
    this.#lines = [];
  }
}

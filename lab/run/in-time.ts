/** Several processes say what was when, each a little late: so long a line waits for those of earlier moments, ms. */
const WAIT_MS = 500;
const LOOK_MS = 100;

/** Gives lines in the order of their moments, ms since the epoch, as far as none is later than WAIT_MS. */
export class InTime {
  readonly #give: (line: string) => void;
  #waiting: { at: number; line: string }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param give takes the lines */
  constructor(give: (line: string) => void) {
    this.#give = give;
  }

  add(at: number, line: string): void {
    this.#waiting.push({ at, line });
    this.#timer ??= setTimeout(() => this.#pass(Date.now() - WAIT_MS), LOOK_MS);
  }

  /** Gives all that waits. */
  end(): void {
    clearTimeout(this.#timer);
    this.#pass(Number.POSITIVE_INFINITY);
  }

  #pass(until: number): void {
    this.#timer = undefined;
    this.#waiting.sort((a, b) => a.at - b.at);
    const after = this.#waiting.findIndex(({ at }) => at > until);
    const due = this.#waiting.splice(0, after < 0 ? this.#waiting.length : after);
    for (const { line } of due) this.#give(line);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#pass(Date.now() - WAIT_MS), LOOK_MS);
  }
}

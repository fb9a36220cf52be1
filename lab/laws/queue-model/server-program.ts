import type { Agenda } from './agenda.ts';
import type { Link } from './model-link.ts';

/** The users' program: it does one thing after another, each a call to the kernel, when the processor has time for it. */
export class Program {
  readonly #agenda: Agenda;
  readonly #link: Link;
  readonly #stepMs: number;
  readonly #steps: (() => void)[] = [];
  #next = 0;
  #busy = false;
  #freeAt = 0;

  constructor(agenda: Agenda, link: Link, stepMs: number) {
    this.#agenda = agenda;
    this.#link = link;
    this.#stepMs = stepMs;
  }

  /** Does this after all that it was told before. */
  step(run: () => void): void {
    this.#steps.push(run);
    if (!this.#busy) this.#go();
  }

  #go(): void {
    for (;;) {
      const at = Math.max(this.#freeAt, this.#link.freeAt());
      this.#busy = this.#next < this.#steps.length && at > this.#agenda.now;
      if (this.#busy) this.#agenda.plan(at, () => this.#go());
      const run = this.#busy ? undefined : this.#steps[this.#next];
      if (run === undefined) return;
      this.#next += 1;
      this.#freeAt = this.#agenda.now + this.#stepMs;
      // What it is told meanwhile comes after: it is busy.
      this.#busy = true;
      run();
    }
  }
}

import type { World } from './connection.ts';

/** The users' program: it does one thing after another, each a call to the kernel, when the processor has time for it. */
export class Program {
  readonly #world: Pick<World, 'agenda' | 'link'>;
  readonly #stepMs: number;
  readonly #steps: (() => void)[] = [];
  #next = 0;
  #busy = false;
  #freeAt = 0;

  constructor(world: Pick<World, 'agenda' | 'link'>, stepMs: number) {
    this.#world = world;
    this.#stepMs = stepMs;
  }

  /** Does this after all that it was told before. */
  step(run: () => void): void {
    this.#steps.push(run);
    if (!this.#busy) this.#go();
  }

  #go(): void {
    const { agenda, link } = this.#world;
    for (;;) {
      const at = Math.max(this.#freeAt, link.freeAt());
      this.#busy = this.#next < this.#steps.length && at > agenda.now;
      if (this.#busy) agenda.plan(at, () => this.#go());
      const run = this.#busy ? undefined : this.#steps[this.#next];
      if (run === undefined) return;
      this.#next += 1;
      this.#freeAt = agenda.now + this.#stepMs;
      // What it is told meanwhile comes after: it is busy.
      this.#busy = true;
      run();
    }
  }
}

import type { Cost } from '../figures.ts';

const LOOK_MS = 100;

/** What this process itself costs from now on. Its peak is looked for, since the kernel's own is that of its whole life. */
export class LabWatch {
  readonly #from = process.cpuUsage();
  #peak = process.memoryUsage.rss();
  readonly #timer = setInterval(() => this.#look(), LOOK_MS).unref();

  /** The cost so far; ends the watch. */
  cost(): Cost {
    clearInterval(this.#timer);
    this.#look();
    const { user, system } = process.cpuUsage(this.#from);
    return { cpuMicros: user + system, peakBytes: this.#peak };
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss());
  }
}

/** Counters by name; one that never moved is absent. */
export class Tally {
  readonly counters: Record<string, number> = {};

  add(...names: string[]): void {
    for (const name of names) this.counters[name] = (this.counters[name] ?? 0) + 1;
  }
}

/** The highest that the queues were. */
export class Peaks {
  complete = 0;
  halfOpen = 0;
  held = 0;

  see(complete: number, halfOpen: number): void {
    this.complete = Math.max(this.complete, complete);
    this.halfOpen = Math.max(this.halfOpen, halfOpen);
    this.held = Math.max(this.held, complete + halfOpen);
  }
}

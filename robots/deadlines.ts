/** Many points in time on one timer: a timer for each robot would cost more than the robot's own state. */
export class Deadlines<T> {
  readonly #times: number[] = [];
  readonly #items: T[] = [];
  readonly #due: (item: T) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  /** @param due called with each item at its time or later, never before, earliest first */
  constructor(due: (item: T) => void) {
    this.#due = due;
  }

  /** @param at in ms, on the clock of performance.now() */
  add(at: number, item: T): void {
    let place = this.#items.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((this.#times[parent] as number) <= at) break;
      this.#put(place, this.#times[parent] as number, this.#items[parent] as T);
      place = parent;
    }
    this.#put(place, at, item);
    this.#arm();
  }

  /** Forgets everything and lets the process end. */
  clear(): void {
    this.#times.length = 0;
    this.#items.length = 0;
    clearTimeout(this.#timer);
    this.#timerAt = Infinity;
  }

  #arm(): void {
    const next = this.#times[0];
    if (next === undefined || next >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    const wait = Math.max(1, Math.ceil(next - performance.now()));
    // The sockets are read between a timer and an immediate: what has already arrived must win over its deadline.
    this.#timer = setTimeout(() => setImmediate(() => this.#sweep()), wait);
  }

  #sweep(): void {
    this.#timerAt = Infinity;
    const now = performance.now();
    while (this.#items.length > 0 && (this.#times[0] as number) <= now) this.#due(this.#pop());
    this.#arm();
  }

  #pop(): T {
    const first = this.#items[0] as T;
    const at = this.#times.pop() as number;
    const item = this.#items.pop() as T;
    const size = this.#items.length;
    if (size === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child + 1 < size && (this.#times[child + 1] as number) < (this.#times[child] as number)) child++;
      if (child >= size || (this.#times[child] as number) >= at) break;
      this.#put(place, this.#times[child] as number, this.#items[child] as T);
      place = child;
    }
    this.#put(place, at, item);
    return first;
  }

  #put(place: number, at: number, item: T): void {
    this.#times[place] = at;
    this.#items[place] = item;
  }
}

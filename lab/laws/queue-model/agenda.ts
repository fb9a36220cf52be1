interface Entry {
  at: number;
  order: number;
  run: () => void;
}

/** What is to happen, and when: a heap by time; at one time, first planned is first done. */
export class Agenda {
  now = 0;
  readonly #heap: Entry[] = [];
  #planned = 0;

  /** Nothing is planned. */
  get idle(): boolean {
    return this.#heap.length === 0;
  }

  /** Plans something, at a time that is not past. Infinity: never. */
  plan(at: number, run: () => void): void {
    if (at === Number.POSITIVE_INFINITY) return;
    this.#planned += 1;
    this.#up({ at: Math.max(at, this.now), order: this.#planned, run });
  }

  /** Does all of it, and what comes of it. */
  run(): void {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      this.now = next.at;
      next.run();
    }
  }

  #up(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #take(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!before(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * Does the work on each item when it is asked for, and begins with those that follow, so that `width` are always under way. Most of what
 * a run takes is waiting: side by side, each in a namespace or on a network of its own, they do not meet.
 */
export class Pool<Item, Result> {
  readonly #items: readonly Item[];
  readonly #width: number;
  readonly #work: (item: Item) => Promise<Result>;
  readonly #begun = new Map<Item, Promise<Result>>();

  constructor(items: readonly Item[], width: number, work: (item: Item) => Promise<Result>) {
    this.#items = items;
    this.#width = width;
    this.#work = work;
  }

  /** What becomes of one item. */
  of(item: Item): Promise<Result> {
    const at = this.#items.indexOf(item);
    for (const one of this.#items.slice(at, at + this.#width)) this.#begin(one);
    return this.#begin(item);
  }

  #begin(item: Item): Promise<Result> {
    const known = this.#begun.get(item);
    if (known) return known;
    const result = this.#work(item);
    // Until its own test asks for it, a failure is nobody's.
    result.catch(() => {});
    this.#begun.set(item, result);
    return result;
  }
}

/** What ends together, when the block ends that has it. Node 22 has no AsyncDisposableStack. */
export class EndTogether implements AsyncDisposable {
  readonly #all: AsyncDisposable[] = [];

  add(one: AsyncDisposable): void {
    this.#all.push(one);
  }

  /** Resolves when all have ended; throws the first reason why one could not. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ends = await Promise.allSettled(this.#all.map((one) => one[Symbol.asyncDispose]()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

/** Lets one part of the program wait for what others change. */
export class Changes {
  #look = () => {};

  /** To be called after each change. */
  happened(): void {
    this.#look();
  }

  /** Resolves when the condition holds, which is looked at after each change, and at the latest after `ms`. */
  async until(condition: () => boolean, ms = Infinity): Promise<void> {
    if (condition() || ms === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
    this.#look = () => {
      if (condition()) resolve();
    };
    await promise;
    clearTimeout(timer);
    this.#look = () => {};
  }
}

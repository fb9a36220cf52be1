/** So many numbers there is room for at first. */
const FEW = 128;

/**
 * A list of numbers that grows, 8 bytes each. What was too small goes back to the system at once: as garbage it would lie there until
 * the next collection of old garbage, and while many users are judged there is none.
 */
export class NumberList {
  #room = new Float64Array(FEW);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#room.length)
      this.#room = new Float64Array(this.#room.buffer.transfer(2 * this.#room.byteLength));
    this.#room[this.#length] = number;
    this.#length += 1;
  }

  /** The number at a place that there is. */
  at(index: number): number {
    return this.#room[index] as number;
  }

  /** All of them, and no copy: nothing may be pushed any more. */
  view(): Float64Array {
    return this.#room.subarray(0, this.#length);
  }

  /** The same, the least first: so they stand in the list too. */
  sort(): Float64Array {
    return this.view().sort();
  }
}

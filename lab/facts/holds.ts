import { NumberList } from '../evidence/number-list.ts';
import { countWhile } from './numbers.ts';

/** From when to when a connection was open, ms since the epoch. */
export interface Hold {
  id: number;
  from: number;
  to: number;
  /** It was cut; it did not leave. */
  cut: boolean;
}

/** Many holds, as numbers, in the order in which they began: accept(2) gives connections in the order of their handshakes. */
export class Holds {
  readonly #ids: Float64Array;
  readonly #from: Float64Array;
  readonly #order: Uint32Array;
  /** When those that left ended, and those that were cut, each first to last. */
  readonly #left: Float64Array;
  readonly #cut: Float64Array;

  constructor(holds: Iterable<Hold>) {
    const [ids, starts, left, cut] = [new NumberList(), new NumberList(), new NumberList(), new NumberList()];
    for (const { id, from, to, cut: wasCut } of holds) {
      ids.push(id);
      starts.push(from);
      (wasCut ? cut : left).push(to);
    }
    this.#ids = ids.view();
    this.#from = starts.view();
    this.#left = left.sort();
    this.#cut = cut.sort();
    this.#order = Uint32Array.from(this.#from, (_, index) => index);
    this.#order.sort((a, b) => this.#startOf(a) - this.#startOf(b) || this.#idOf(a) - this.#idOf(b));
  }

  #startOf(index: number): number {
    return this.#from[index] as number;
  }

  #idOf(index: number): number {
    return this.#ids[index] as number;
  }

  /** How many began before this one. */
  cameBefore(time: number, id: number): number {
    return countWhile(this.#order, (index) => {
      const from = this.#startOf(index);
      return from < time || (from === time && this.#idOf(index) < id);
    });
  }

  /** How many had left by that time. */
  leftBy(time: number): number {
    return countWhile(this.#left, (end) => end <= time);
  }

  /** How many had been cut by that time. */
  cutBy(time: number): number {
    return countWhile(this.#cut, (end) => end <= time);
  }

  /** The most that were open at once. */
  height(): number {
    return this.#order.reduce((most, index, place) => {
      const from = this.#startOf(index);
      return Math.max(most, place + 1 - this.leftBy(from) - this.cutBy(from));
    }, 0);
  }
}

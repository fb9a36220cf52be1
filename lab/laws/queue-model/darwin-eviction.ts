import type { Connection } from './connection.ts';

/** Which half-open connection has to go (XNU bsd/netinet/tcp_input.c tcp_dropdropablreq). */
export class Eviction {
  /** Those that the peer has reset: taken first. */
  readonly closed = new Set<Connection>();
  #random: number;
  #second = 0;
  /** Overflows in this second, and a second of the time before. */
  #now = 0;
  #before = 0;

  constructor(seed: number) {
    this.#random = seed & 0xffff;
  }

  /**
   * The oldest, for as many overflows in a second as are half-open; beyond that at random, and in one of so many cases none.
   *
   * @param halfOpen oldest first
   * @param now ms
   */
  victim(halfOpen: ReadonlySet<Connection>, now: number): Connection | undefined {
    if (halfOpen.size === 0) return undefined;
    for (const connection of this.closed) {
      this.closed.delete(connection);
      if (halfOpen.has(connection)) return connection;
    }
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#before = Math.floor(this.#now / (second - this.#second));
      this.#second = second;
      this.#now = 0;
    }
    this.#now += 1;
    if (this.#now <= halfOpen.size && this.#before <= halfOpen.size) return at(halfOpen, 0);
    this.#random = (Math.imul(314_159, this.#random) + 66_329) & 0xffff;
    return at(halfOpen, ((halfOpen.size + 1) * this.#random) >>> 16);
  }
}

function at(set: ReadonlySet<Connection>, index: number): Connection | undefined {
  let left = index;
  for (const connection of set) {
    if (left === 0) return connection;
    left -= 1;
  }
  return undefined;
}

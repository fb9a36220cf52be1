import type { ClientsGone } from '../../../../protocol/observer-events.ts';
import { TCP, type TcpRow } from '../../../../system/proc/tcp-rows.ts';

/**
 * A server that reads has closed long before; one that is busy may need this long. Lower, and whoever is merely slow is said to keep
 * sockets; higher, and a short watch sees none that are kept.
 */
const KEPT_MS = 2000;
/** Whether so many go is worth a look of its own, each so many ms: whoever is busy has some for moments. */
const MANY = 10;
const EACH_MS = 1000;
/** Of a FIN alone: whoever left so much unread had asked for something that the server has not even looked at. */
const FIN_BYTES = 1;

/**
 * Follows the connections that the client has closed and the server has not: CLOSE_WAIT, with a file. One that accept(2) has not taken
 * has none, and is nobody's descriptor.
 */
export class GoneClients {
  /** When each was seen so first, ms since the epoch. */
  readonly #since = new Map<string, number>();
  #closed = 0;
  #any = false;
  #first = true;
  #last = 0;

  /**
   * Nobody has looked yet, or there are many, and it is time to see whether they go, at `at`, ms since the epoch.
   * @param alone nobody else looks at the table
   */
  wantsLook(at: number, alone: boolean): boolean {
    return this.#first || ((alone || this.#since.size >= MANY) && at - this.#last >= EACH_MS);
  }

  /** What a look at the table shows that was begun `at`, ms since the epoch; after the first, undefined as long as there never was one. */
  count(rows: readonly TcpRow[], at: number): ClientsGone | undefined {
    const isFirst = this.#first;
    this.#first = false;
    this.#last = at;
    const before = new Map(this.#since);
    let [kept, unread] = [0, 0];
    for (const { key, state, inode, unread: left = 0 } of rows) {
      if (state !== TCP.CLOSE_WAIT || inode === 0) continue;
      this.#any = true;
      const since = before.get(key) ?? at;
      before.delete(key);
      this.#since.set(key, since);
      if (at - since >= KEPT_MS) kept += 1;
      if (left > FIN_BYTES) unread += 1;
    }
    for (const [key, since] of before) {
      this.#since.delete(key);
      if (at - since >= KEPT_MS) this.#closed += 1;
    }
    return this.#any || isFirst ? { now: this.#since.size, kept, unread, closed: this.#closed } : undefined;
  }
}

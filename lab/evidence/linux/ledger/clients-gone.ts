import type { ClientsGone } from '../../../../protocol/observer-events.ts';
import type { Counters } from '../../../../system/counters.ts';
import { TCP, type TcpRow } from '../../../../system/proc/tcp-rows.ts';

/**
 * A server that reads has closed long before; one that is busy may need this long. Lower, and whoever is merely slow is said to keep
 * sockets; higher, and a short watch sees none that are kept.
 */
const KEPT_MS = 2000;
/** A look so often, ms, where nobody else looks, and for so many times what it took: it is never more than a fortieth of the time. */
const EACH_MS = 1000;
const SELDOM = 40;
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
  #tookMs = 0;
  #counters: Counters | undefined;

  /**
   * Nobody has looked yet, or it is time to see whether they come and go, at `at`, ms since the epoch. `counters`, of the namespace, read
   * before: as long as they are the same object no segment has come, and so no FIN.
   */
  wantsLook(at: number, counters?: Counters): boolean {
    const calm = this.#since.size === 0 && counters !== undefined && counters === this.#counters;
    if (!this.#first && (calm || at - this.#last < Math.max(EACH_MS, SELDOM * this.#tookMs))) return false;
    this.#counters = counters;
    return true;
  }

  /**
   * What a look at the table shows that was begun `at`, ms since the epoch, and took `tookMs`; after the first, undefined as long as there
   * never was one.
   */
  count(rows: readonly TcpRow[], at: number, tookMs = 0): ClientsGone | undefined {
    this.#tookMs = tookMs;
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

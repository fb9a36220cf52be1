import type { Counters } from '../../../system/counters.ts';
import { readListenQueue } from '../../../system/proc/listen-queue.ts';
import { type Listener, readListeners } from '../../../system/proc/net-tcp.ts';

/** Whoever is let in counts in the first, and whoever finds nobody listening in the second. */
const MOVED = ['Tcp PassiveOpens', 'Tcp OutRsts'];

/**
 * The listeners of a port, and how many wait in their accept queues, read only when that may have changed. The kernel looks for the
 * next row before it gives one (fs/seq_file.c seq_read_iter): for that of the last listener it goes through all buckets of all
 * sockets of the machine, some ms, where few connections live in this namespace.
 */
export class SeldomListeners {
  readonly #port: number;
  #listeners: Listener[] = [];
  #counted: readonly (number | undefined)[] = [];
  /** So many readings were the same, with nobody having come. */
  #same = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #cost = 0;

  readonly #share: number;

  readonly #one: boolean;

  /** `share`: the part of the time that reading may take while nothing moves. `one`: there is never a second listener beside the first. */
  constructor(port: number, share: number, one = false) {
    this.#port = port;
    this.#share = share;
    this.#one = one;
  }

  /**
   * As they are now. `counters`: read before; whoever joins an accept queue is counted a moment before he does
   * (net/ipv4/tcp_minisocks.c tcp_create_openreq_child). `changed`: they may have been opened or closed.
   */
  read(netDir: string, counters: Counters, changed = false): Listener[] {
    const counted = MOVED.map((name) => counters[name]);
    const quiet = !changed && counted.every((value, at) => value === this.#counted[at]);
    const empty = this.#listeners.length > 0 && this.#listeners.every(({ waiting }) => waiting === 0);
    const since = performance.now() - this.#readAt;
    // Twice: the first time he may not have joined it yet.
    if (quiet && empty && this.#same >= 2 && since < this.#cost / this.#share) return this.#listeners;
    const spent = process.cpuUsage();
    this.#listeners = this.#now(netDir, quiet, changed);
    const { user, system } = process.cpuUsage(spent);
    this.#cost = (user + system) / 1000;
    this.#same = quiet ? this.#same + 1 : 0;
    this.#counted = counted;
    this.#readAt = performance.now();
    return this.#listeners;
  }

  /** While connections come, of the file alone that has had them; of the one that is known, in any case. */
  #now(netDir: string, quiet: boolean, changed: boolean): Listener[] {
    const both = quiet || changed;
    const six = this.#listeners.filter(({ address }) => address.includes(':')).length;
    const known = this.#listeners.length;
    const [first] = this.#listeners;
    if (!changed && first && this.#one) {
      // Fewer rows, and so fewer buckets.
      const waiting = readListenQueue(netDir, first);
      if (waiting !== undefined) return [{ ...first, waiting }];
    }
    if (both || known === 0 || (six > 0 && six < known)) return readListeners(netDir, this.#port);
    const found = readListeners(netDir, this.#port, [six > 0 ? 'tcp6' : 'tcp']);
    return found.length > 0 ? found : readListeners(netDir, this.#port);
  }
}

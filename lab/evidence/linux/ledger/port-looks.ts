import { readListeners } from '../../../../system/proc/net-tcp.ts';
import { addressOf, type PortRows, readPortRows } from '../../../../system/proc/tcp-rows.ts';
import type { IsOwn } from '../own-address.ts';

/** What the port's table showed at one look. Times are ms since the epoch. */
export interface PortLook extends PortRows {
  /** What was there before, and still after it, is in it; rows are read one after another meanwhile. */
  from: number;
  to: number;
}

/** While nothing moves looks come half as often each time, down to this part of the time. */
const IDLE_SHARE = 0.002;
/** So many looks may be saved up, for when something moves. */
const SAVED = 3;
/** So many rows cost as much again as the buckets. */
const ROWS_AS_DEAR = 4000;
/** A look costs at most so many times what the cheapest cost. */
const MOST_OF_LEAST = 3;
/** Each so many looks it is asked on which IP versions there are listeners: that takes half of a look. */
const FAMILIES_EACH = 16;

/** What looks may take in the long run, the part of the time, and beyond that before, ms of a processor. */
export interface LongRun {
  share: number;
  ms: number;
}

/**
 * Looks at the table of a port, as often as that is cheap. The kernel walks all buckets of all sockets of the machine for it
 * (net/ipv4/tcp_ipv4.c established_get_first): some ms, however few the connections.
 */
export class PortLooks {
  readonly #port: number;
  readonly #share: number;
  readonly #isOwn: IsOwn | undefined;
  /** By the local address as the table has it. */
  readonly #own = new Map<string, boolean>();
  readonly #families = new Set<string>();
  #cost = 0;
  #least = Number.POSITIVE_INFINITY;
  #looks = 0;
  #credit = 0;
  #counted = performance.now();
  #last = 0;
  #moved = true;
  /** So many looks in a row since anything moved. */
  #still = 0;
  readonly #longRun: LongRun | undefined;
  #left: number;

  /** `share`: the part of the time that looks may take while something moves. `isOwn`: of which local addresses it tells; all. */
  constructor(port: number, share: number, isOwn?: IsOwn, longRun?: LongRun) {
    this.#port = port;
    this.#share = share;
    this.#isOwn = isOwn;
    this.#longRun = longRun;
    this.#left = longRun?.ms ?? Number.POSITIVE_INFINITY;
  }

  /** Something has come or gone since the last look. */
  hint(): void {
    this.#moved = true;
  }

  /** A look below a folder such as /proc/self/net, if one is due. `wanted`: as readPortRows wants it, asked for if so. */
  lookIfDue(netDir: string, wanted?: () => Uint8Array | undefined): PortLook | undefined {
    const now = performance.now();
    this.#credit = Math.min(this.#credit + (now - this.#counted) * this.#share, SAVED * this.#cost);
    if (this.#longRun) {
      const { share, ms } = this.#longRun;
      this.#left = Math.min(this.#left + (now - this.#counted) * share, ms);
    }
    this.#counted = now;
    const due = this.#moved
      ? this.#credit >= 0 && this.#left >= 0
      : now - this.#last > Math.min(this.#cost / IDLE_SHARE, (this.#cost / this.#share) * 2 ** this.#still);
    return due ? this.look(netDir, wanted) : undefined;
  }

  /** A look now. */
  look(netDir: string, wanted?: () => Uint8Array | undefined): PortLook {
    const spent = process.cpuUsage();
    const from = Date.now();
    const all = readPortRows(this.#files(netDir), this.#port, wanted?.());
    const rows = this.#isOwn ? { ...all, rows: all.rows.filter(({ key }) => this.#isOurs(key)) } : all;
    const to = Date.now();
    // What it cost, not how long it took: on a busy machine it has to wait for a processor.
    const { user, system } = process.cpuUsage(spent);
    this.#cost = this.#ownCost((user + system) / 1000, rows.rows.length + rows.timeWait);
    this.#credit -= this.#cost;
    this.#left -= this.#cost;
    this.#last = performance.now();
    this.#still = this.#moved ? 0 : this.#still + 1;
    this.#moved = false;
    return { from, to, ...rows };
  }

  /**
   * The part of it that was for us: wherever the kernel lets go of a bucket it does what waits for this processor, packets of everybody
   * (kernel/softirq.c __local_bh_enable_ip), and on a busy machine that is ten times as much.
   */
  #ownCost(measured: number, rows: number): number {
    const size = 1 + rows / ROWS_AS_DEAR;
    this.#least = Math.min(this.#least, measured / size);
    return Math.min(measured, MOST_OF_LEAST * this.#least * size);
  }

  #isOurs(key: string): boolean {
    const host = key.slice(0, key.indexOf(':'));
    const known = this.#own.get(host) ?? this.#isOwn?.(addressOf(host)) ?? true;
    this.#own.set(host, known);
    return known;
  }

  /** Connections of a listener on IPv4 are in one file, those of one on IPv6, mapped IPv4 among them, in the other. */
  #files(netDir: string): string[] {
    if (this.#families.size === 0 || this.#looks++ % FAMILIES_EACH === 0)
      for (const { address } of readListeners(netDir, this.#port))
        this.#families.add(address.includes(':') ? 'tcp6' : 'tcp');
    const families = this.#families.size > 0 ? [...this.#families] : ['tcp', 'tcp6'];
    return families.map((family) => `${netDir}/${family}`);
  }
}

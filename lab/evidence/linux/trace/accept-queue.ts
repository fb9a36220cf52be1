import type { Life } from './life.ts';

/** accept(2) may take a connection a moment before the kernel says that it is complete (net/ipv4/tcp_minisocks.c tcp_check_req). */
const EARLY_MS = 5;
/** An event stands in the trace a moment after the queue's length has changed, or before it. */
const MARGIN_MS = { before: 0.1, after: 1 };
/** Of connections whose wait has not been confirmed. */
const MOST_DOUBTS = 100_000;
/** So many more before those are let go whose lines are written. */
const FEW_DOUBTS = 1000;
/** A queue is no longer (include/net/sock.h sk_max_ack_backlog; somaxconn is 4096 unless told). */
const MOST_WAITING = 65_536;

/** A look at the length of the queue, which was taken between two moments. */
export interface Look {
  from: number;
  to: number;
  waiting: number;
}

/**
 * The accept queue of one listener, rebuilt: first in, first out, so the n-th that is complete is the n-th that is accepted
 * (net/ipv4/inet_connection_sock.c inet_csk_accept). Its length is looked at when nothing happens to it: where that is not what was
 * rebuilt (connections from before the trace, events that were lost, an accept that is no system call), what was said of those since the
 * last look is taken back. Before the first look it says nothing.
 */
export class AcceptQueue {
  #queue: (Life | undefined)[] = [];
  #known = false;
  /** Some in the queue may be another server's. */
  #mixed = false;
  #early: { at: number; pid: number | undefined } | undefined;
  #doubted: Life[] = [];
  #doubtsBefore = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #look: Look | undefined;

  /** Who is in it is known. */
  get isKnown(): boolean {
    return this.#known;
  }

  /** A connection is complete. */
  comes(life: Life, at: number): void {
    this.#happens(at);
    this.#queue.push(life);
    if (this.#queue.length > MOST_WAITING) this.#queue.shift();
    const early = this.#early;
    if (early === undefined) return;
    this.#early = undefined;
    if (at - early.at <= EARLY_MS) this.#leaves(at, early.pid);
    else this.unsure();
  }

  /** One was accepted, by this process if it is known. */
  accepted(at: number, pid: number | undefined): void {
    this.#happens(at);
    if (!this.#known) return;
    if (this.#queue.length > 0) this.#leaves(at, pid);
    else if (this.#early === undefined) this.#early = { at, pid };
    else this.unsure();
  }

  #leaves(at: number, pid: number | undefined): void {
    const life = this.#queue.shift();
    if (life === undefined) return;
    life.accepted = true;
    if (life.complete !== undefined) life.wait = Math.max(0, at - life.complete);
    if (pid !== undefined) life.pid ??= pid;
    if (this.#doubted.length < MOST_DOUBTS) this.#doubted.push(life);
  }

  /** The listener has gone, and whoever is in its queue is thrown away (net/ipv4/inet_connection_sock.c inet_csk_listen_stop). */
  closes(at: number): void {
    this.#happens(at);
    if (this.#known)
      for (const life of this.#queue) {
        if (life === undefined) continue;
        life.thrown = at;
        this.#doubted.push(life);
      }
    this.#queue = [];
  }

  /** From now on nothing is said, until the next look; `mixed`: until one at an empty queue. */
  unsure(mixed = false): void {
    this.#mixed ||= mixed;
    this.#known = false;
    this.#early = undefined;
  }

  /** Its length was looked at; it counts if nothing happened around that time. */
  looked(look: Look): void {
    this.settle(look.from);
    this.#look = look.from - this.#lastAt > MARGIN_MS.before ? look : undefined;
  }

  /** Everything up to this moment has been told. */
  settle(at: number): void {
    const look = this.#look;
    if (look === undefined || at < look.to + MARGIN_MS.after) return;
    this.#look = undefined;
    this.#compare(look.waiting);
  }

  #happens(at: number): void {
    this.settle(at);
    // Too near to it.
    this.#look = undefined;
    this.#lastAt = at;
    // Where it is never still no look tells.
    if (this.#doubted.length < 2 * this.#doubtsBefore + FEW_DOUBTS) return;
    this.#doubted = this.#doubted.filter(({ over }) => !over);
    this.#doubtsBefore = this.#doubted.length;
  }

  #compare(waiting: number): void {
    const stale = this.#early !== undefined;
    if (this.#known && (stale || this.#queue.length !== waiting))
      for (const life of this.#doubted) {
        life.accepted = undefined;
        life.wait = undefined;
        life.thrown = undefined;
      }
    this.#doubted = [];
    this.#doubtsBefore = 0;
    this.#early = undefined;
    this.#known = waiting === 0 || !this.#mixed;
    if (waiting === 0) this.#mixed = false;
    // Whoever is in it came last.
    const missing = Math.max(0, waiting - this.#queue.length);
    this.#queue = [...new Array<undefined>(missing), ...(waiting > 0 ? this.#queue.slice(-waiting) : [])];
  }
}

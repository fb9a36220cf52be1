import type { Connection } from './connection.ts';
import type { DarwinEntry, DarwinTimers } from './darwin-timers.ts';

/** tcp_backoff (XNU bsd/netinet/tcp_timer.c) of an entry that waits for its ACK: SYN-ACKs go again after so many ms, doubled each time. */
const SYN_ACK_AGAIN_MS = 1000;

/** What becomes of an entry that nobody answers. */
export interface HalfOpenWishes {
  synAck(connection: Connection): void;
  expired(entry: HalfOpen): void;
}

/** An entry of so_incomp. */
export class HalfOpen {
  readonly connection: Connection;
  /** Its peer has reset it, or its time ran out: its place is in use until it is collected. */
  closed = false;
  readonly #timers: DarwinEntry;

  constructor(connection: Connection, list: DarwinTimers, keepinitMs: number, wishes: HalfOpenWishes) {
    this.connection = connection;
    this.#timers = list.entry();
    this.#timers.set('keep', keepinitMs, () => wishes.expired(this));
    this.#sendAgain(SYN_ACK_AGAIN_MS, wishes);
  }

  #sendAgain(afterMs: number, wishes: HalfOpenWishes): void {
    this.#timers.set('retransmit', afterMs, () => {
      this.#sendAgain(afterMs * 2, wishes);
      wishes.synAck(this.connection);
    });
  }

  /** It sends nothing more. */
  stop(): void {
    this.#timers.drop();
  }
}

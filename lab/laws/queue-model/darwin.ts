import { darwinQueueLimit } from '../../../system/darwin/queue-limit.ts';
import { KEEPINIT_MS } from '../retransmission-law.ts';
import type { Connection, Segment, World } from './connection.ts';
import { DARWIN } from './darwin-counters.ts';
import { Eviction } from './darwin-eviction.ts';
import type { DarwinSettings } from './model-input.ts';
import { QueueListener } from './queue-listener.ts';

/** macOS: one queue for half-open and complete connections together. */
export class DarwinListener extends QueueListener {
  readonly #settings: DarwinSettings;
  /** so_qlimit, which may be negative. */
  readonly #limit: number;
  /** so_incomp, oldest first. */
  readonly #halfOpen = new Set<Connection>();
  readonly #eviction: Eviction;
  /** Of those that the server has not closed, the ones whose client has sent FIN. */
  readonly #finished = new Set<Connection>();

  constructor(settings: DarwinSettings, world: World, seed: number) {
    super(world);
    this.#settings = settings;
    const limit = darwinQueueLimit(settings);
    this.#limit = (settings.soqlimitcompat ?? 1) ? limit : Math.trunc((3 * limit) / 2);
    this.#eviction = new Eviction(seed);
  }

  /** tcp_input in LISTEN (bsd/netinet/tcp_input.c). */
  syn(connection: Connection): void {
    const { tally } = this.world;
    if (connection.server === 'half-open') {
      this.synAck(connection);
      return;
    }
    if (connection.server !== 'none' && connection.server !== 'cookie') return;
    if (this.#sendsCookies()) {
      connection.server = 'cookie';
      tally.add(DARWIN.cookiesSent);
      this.synAck(connection);
      return;
    }
    if (this.#full()) {
      // Counted for every overflow, also where a victim makes room.
      tally.add(DARWIN.listenDrop);
      if (!this.#evict() || this.#full()) return;
    }
    connection.server = 'half-open';
    this.#halfOpen.add(connection);
    tally.add(DARWIN.accepts);
    this.see();
    this.#planKeep(connection);
    this.synAck(connection);
  }

  /** tcp_dropdropablreq, then tcp_close: nothing is sent to the victim. False when the SYN has to go instead. */
  #evict(): boolean {
    const victim = this.#eviction.victim(this.#halfOpen, this.world.agenda.now);
    if (victim === undefined) return false;
    this.#halfOpen.delete(victim);
    victim.server = 'none';
    victim.doomed = 'evicted';
    this.world.tally.add(DARWIN.drops, DARWIN.closed);
    return true;
  }

  /** A half-open connection lives for keepinit at most. */
  #planKeep(connection: Connection): void {
    const { after, tally } = this.world;
    connection.opened += 1;
    const { opened } = connection;
    after(this.#settings.keepinit ?? KEEPINIT_MS, () => {
      if (!this.#halfOpen.has(connection) || connection.opened !== opened) return;
      this.#halfOpen.delete(connection);
      connection.server = 'none';
      connection.doomed = 'forgotten';
      tally.add(DARWIN.keepDrops, DARWIN.drops, DARWIN.closed);
    });
  }

  protected override get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  protected override halfOpenSegment(connection: Connection, segment: Segment): void {
    // Its entry stays until somebody needs the room: such a one is the first victim.
    if (segment === 'rst') {
      this.world.tally.add(DARWIN.drops, DARWIN.closed);
      this.#eviction.closed.add(connection);
    } else {
      // soisconnected only moves it from one list to the other: no test of the capacity here.
      this.#halfOpen.delete(connection);
      this.world.tally.add(DARWIN.connects);
      this.enqueue(connection, segment);
    }
  }

  /** in_pcblookup_hash passes the victim over and finds the listener, which answers an ACK with RST. */
  protected override strangeSegment(connection: Connection, segment: Segment): void {
    const { tally } = this.world;
    tally.add(DARWIN.listBadSyn);
    if (segment === 'rst') return;
    tally.add(DARWIN.badSyn);
    this.reset(connection);
  }

  override segment(connection: Connection, segment: Segment): void {
    const { server } = connection;
    if (server === 'queued' || server === 'accepted') {
      if (segment === 'fin') this.#finished.add(connection);
      if (segment === 'rst') this.world.tally.add(DARWIN.drops, DARWIN.closed);
    }
    super.segment(connection, segment);
  }

  /**
   * After the server's FIN. Data for which there is no reader ends the connection (tcp_input: SS_NOFDREF, rcvafterclose), and what comes
   * then meets the listener. With both FINs exchanged the two ends are gone, the one of them 30 s later (TIME_WAIT).
   */
  protected override lateSegment(connection: Connection, segment: 'ack' | 'data' | 'fin'): void {
    const { tally } = this.world;
    if (segment === 'ack') return;
    connection.server = 'none';
    if (segment === 'fin') tally.add(DARWIN.closed, DARWIN.closed);
    else {
      tally.add(DARWIN.afterClose, DARWIN.closed);
      this.reset(connection);
    }
  }

  override left(connection: Connection): void {
    if (this.#finished.delete(connection)) this.world.tally.add(DARWIN.closed, DARWIN.closed);
  }

  /** soclose: with data unread tcp_disconnect drops the connection, and nothing of it is left. */
  override close(connection: Connection): void {
    const { unread } = connection;
    super.close(connection);
    if (unread) connection.server = 'none';
    else this.left(connection);
  }

  /** tcp_can_send_syncookie: from seven eighths of the limit, or half of that half-open. */
  #sendsCookies(): boolean {
    const { syncookie = 0 } = this.#settings;
    if (syncookie !== 1) return syncookie === 2;
    const most = this.#limit - (this.#limit >> 3);
    return this.#halfOpen.size >= Math.trunc(most / 2) || this.#held() >= most;
  }

  /** tcp_syncookie_ack: with no room for it, RST. */
  protected override cookieSegment(connection: Connection, segment: Segment): void {
    const { tally } = this.world;
    tally.add(DARWIN.cookiesReceived);
    if (this.#full()) {
      tally.add(DARWIN.listenDrop);
      connection.server = 'none';
      connection.doomed = 'cookie-refused';
      this.reset(connection);
      return;
    }
    tally.add(DARWIN.accepts, DARWIN.connects);
    this.enqueue(connection, segment);
  }

  protected override countClose(unread: boolean): void {
    // A close by FIN counts when the connection is gone.
    if (unread) this.world.tally.add(DARWIN.drops, DARWIN.closed);
  }

  /** so_qlen: half-open and complete. */
  #held(): number {
    return this.#halfOpen.size + this.complete.length;
  }

  #full(): boolean {
    return this.#held() >= this.#limit;
  }
}

import { darwinQueueLimit } from '../../../system/darwin/queue-limit.ts';
import { KEEPINIT_MS } from '../retransmission-law.ts';
import type { Connection, Segment, World } from './connection.ts';
import { DARWIN } from './darwin-counters.ts';
import { Eviction, type EvictionState } from './darwin-eviction.ts';
import { HalfOpen } from './darwin-half-open.ts';
import { COLLECTED_EACH_MS, type DarwinTimers } from './darwin-timers.ts';
import type { DarwinSettings } from './model-input.ts';
import { QueueListener } from './queue-listener.ts';

/** The uptime that a run begins with unless it is said: the second of the eviction then turns at each whole second of the run, ms. */
const UPTIME_MS = 500;

/** macOS: one queue for half-open and complete connections together. */
export class DarwinListener extends QueueListener {
  readonly #settings: DarwinSettings;
  /** so_qlimit, which may be negative. */
  readonly #limit: number;
  /** so_incomp, oldest first. */
  readonly #halfOpen = new Set<HalfOpen>();
  readonly #entries = new Map<Connection, HalfOpen>();
  readonly #timers: DarwinTimers;
  readonly #eviction: Eviction;
  /** Of those that the server has not closed, the ones whose client has sent FIN. */
  readonly #finished = new Set<Connection>();

  /** @param evictions those of the listeners before */
  constructor(settings: DarwinSettings, world: World, timers: DarwinTimers, evictions: EvictionState) {
    super(world);
    this.#timers = timers;
    this.#settings = settings;
    const limit = darwinQueueLimit(settings);
    this.#limit = (settings.soqlimitcompat ?? 1) ? limit : Math.trunc((3 * limit) / 2);
    this.#eviction = new Eviction(evictions, settings.uptimeMs ?? UPTIME_MS);
  }

  /** Who is in the queue, by number, in its order: so_incomp and so_comp. */
  get lists(): { halfOpen: (number | undefined)[]; complete: (number | undefined)[] } {
    return {
      halfOpen: [...this.#halfOpen].map(({ connection }) => connection.id),
      complete: this.complete.map(({ id }) => id),
    };
  }

  get evictions(): EvictionState {
    return this.#eviction.state;
  }

  /** tcp_input in LISTEN (bsd/netinet/tcp_input.c). */
  syn(connection: Connection): void {
    const { tally } = this.world;
    if (connection.server === 'half-open') {
      this.synAck(connection);
      return;
    }
    if (connection.server === 'queued' || connection.server === 'accepted') {
      const { link, clients } = this.world;
      link.send(() => clients.ack(connection));
      return;
    }
    if (connection.server === 'closed') return;
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
    tally.add(DARWIN.accepts);
    this.#add(connection);
    this.see();
    this.synAck(connection);
  }

  /** tcp_dropdropablreq, then tcp_close: nothing is sent to the victim. False when the SYN has to go instead. */
  #evict(): boolean {
    const victim = this.#eviction.victim(this.#halfOpen, this.world.agenda.now);
    if (victim === undefined) return false;
    this.#forget(victim);
    this.#halfOpen.delete(victim);
    victim.connection.doomed = 'evicted';
    this.#count(DARWIN.drops, DARWIN.closed);
    return true;
  }

  #add(connection: Connection): void {
    const entry = new HalfOpen(connection, this.#timers, this.#settings.keepinit ?? KEEPINIT_MS, {
      synAck: (of) => this.synAck(of),
      expired: (of) => this.#expire(of),
    });
    this.#halfOpen.add(entry);
    this.#entries.set(connection, entry);
  }

  /** It lives for keepinit at most: tcp_timers, then tcp_drop, which answers nobody’s question with RST. */
  #expire(entry: HalfOpen): void {
    const { connection } = entry;
    connection.doomed = 'forgotten';
    this.world.tally.add(DARWIN.keepDrops);
    this.#close(entry);
    this.reset(connection);
  }

  /** The listener knows nothing of it any more, and its place is free when it is collected. */
  #close(entry: HalfOpen): void {
    const { agenda } = this.world;
    this.#count(DARWIN.drops, DARWIN.closed);
    this.#forget(entry);
    entry.closed = true;
    // It outlives one collection (tcp_garbage_collect).
    const collected = (Math.floor(agenda.now / COLLECTED_EACH_MS) + 2) * COLLECTED_EACH_MS;
    agenda.plan(collected, () => this.#halfOpen.delete(entry));
  }

  #forget(entry: HalfOpen): void {
    entry.stop();
    const { connection } = entry;
    if (this.#entries.get(connection) !== entry) return;
    this.#entries.delete(connection);
    connection.server = 'none';
  }

  protected override get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  protected override halfOpenSegment(connection: Connection, segment: Segment): void {
    // Its entry stays until somebody needs the room: such a one is the first victim.
    const entry = this.#entries.get(connection);
    if (entry === undefined) return;
    if (segment === 'rst') {
      this.#close(entry);
      return;
    }
    // soisconnected only moves it from one list to the other: no test of the capacity here.
    this.#forget(entry);
    this.#halfOpen.delete(entry);
    this.world.tally.add(DARWIN.connects);
    if (segment === 'fin') this.#finished.add(connection);
    this.enqueue(connection, segment);
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
      if (segment === 'rst') this.#count(DARWIN.drops, DARWIN.closed);
    }
    super.segment(connection, segment);
  }

  /**
   * After the server's FIN. Data for which there is no reader ends the connection (tcp_input: SS_NOFDREF, rcvafterclose), and what comes
   * then meets the listener. With both FINs exchanged the two ends are gone, the one of them 30 s later (TIME_WAIT).
   */
  protected override lateSegment(connection: Connection, segment: 'ack' | 'data' | 'fin'): void {
    if (segment === 'ack') return;
    connection.server = 'none';
    if (segment === 'fin') this.#count(DARWIN.closed, DARWIN.closed);
    else {
      this.#count(DARWIN.afterClose, DARWIN.closed);
      this.reset(connection);
    }
  }

  override left(connection: Connection): void {
    if (this.#finished.delete(connection)) this.#count(DARWIN.closed, DARWIN.closed);
  }

  /** Counts an end that is gone. */
  #count(...names: string[]): void {
    this.world.tally.add(...names);
    this.#timers.ended();
  }

  /** soclose: with data unread tcp_disconnect drops the connection, and nothing of it is left. */
  override close(connection: Connection): void {
    const { unread } = connection;
    super.close(connection);
    if (unread) connection.server = 'none';
    else {
      this.#timers.sent();
      this.left(connection);
    }
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
    if (unread) this.#count(DARWIN.drops, DARWIN.closed);
  }

  /** so_qlen: half-open and complete. */
  #held(): number {
    return this.#halfOpen.size + this.complete.length;
  }

  #full(): boolean {
    return this.#held() >= this.#limit;
  }
}

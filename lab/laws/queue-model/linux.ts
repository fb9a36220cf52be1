import { acceptQueueCapacity } from '../accept-queue-law.ts';
import type { Connection, Segment, World } from './connection.ts';
import { Requests } from './linux-requests.ts';
import type { LinuxSettings } from './model-input.ts';
import { QueueListener } from './queue-listener.ts';

/** Linux: a SYN queue and an accept queue, each of min(backlog, somaxconn) + 1. */
export class LinuxListener extends QueueListener {
  readonly #settings: LinuxSettings;
  readonly #requests: Requests;
  readonly #capacity: number;
  #cookiesSent = false;

  constructor(settings: LinuxSettings, world: World) {
    super(world);
    this.#settings = settings;
    this.#capacity = acceptQueueCapacity(settings.backlog, settings.somaxconn);
    this.#requests = new Requests(settings, this.#capacity, world, (connection) => this.synAck(connection));
  }

  /** tcp_conn_request (net/ipv4/tcp_input.c), its tests in its order. */
  syn(connection: Connection): void {
    if (this.#requests.has(connection)) {
      this.#requests.again(connection);
      return;
    }
    if (connection.server !== 'none' && connection.server !== 'cookie') return;
    const { tally } = this.world;
    const { tcp_syncookies: cookies = 1 } = this.#settings;
    const crowded = this.#requests.full;
    const cookie = cookies === 2 || (cookies > 0 && crowded);
    if (cookie) tally.add('TcpExt TCPReqQFullDoCookies');
    else if (crowded) {
      tally.add('TcpExt TCPReqQFullDrop', 'TcpExt ListenDrops');
      return;
    }
    if (this.#full()) {
      tally.add('TcpExt ListenOverflows', 'TcpExt ListenDrops');
      return;
    }
    if (cookies === 0 && this.#requests.lastQuarter) {
      tally.add('TcpExt ListenDrops');
      return;
    }
    if (cookie) {
      this.#cookiesSent = true;
      connection.server = 'cookie';
      tally.add('TcpExt SyncookiesSent');
    } else {
      this.#requests.add(connection);
      this.see();
    }
    this.synAck(connection);
  }

  protected override get halfOpenCount(): number {
    return this.#requests.size;
  }

  protected override halfOpenSegment(connection: Connection, segment: Segment): void {
    if (segment === 'rst') this.#embryonicReset(connection);
    else this.cookieSegment(connection, segment);
  }

  /** The ACK of a half-open connection, or of a cookie: tcp_check_req, cookie_v4_check, tcp_v4_syn_recv_sock. */
  protected override cookieSegment(connection: Connection, segment: Segment): void {
    const { tally } = this.world;
    const cookie = connection.server === 'cookie';
    if (cookie) tally.add('TcpExt SyncookiesRecv');
    if (!this.#full()) {
      if (!cookie) this.#requests.remove(connection);
      tally.add('Tcp PassiveOpens');
      this.enqueue(connection, segment);
      return;
    }
    tally.add('TcpExt ListenOverflows', 'TcpExt ListenDrops');
    // A cookie's ACK is dropped, whatever tcp_abort_on_overflow says: there is no request to abort.
    if (cookie || !this.#settings.tcp_abort_on_overflow) return;
    connection.doomed = 'aborted';
    this.#embryonicReset(connection);
    this.reset(connection);
  }

  #embryonicReset(connection: Connection): void {
    this.#requests.remove(connection);
    connection.server = 'none';
    this.world.tally.add('TcpExt EmbryonicRsts');
  }

  /** An ACK for a listener that knows nothing of it: tcp_rcv_state_process. */
  protected override strangeSegment(connection: Connection, segment: Segment): void {
    if (segment === 'rst') return;
    if (this.#cookiesSent && this.#settings.tcp_syncookies !== 0)
      this.world.tally.add('TcpExt SyncookiesFailed');
    this.reset(connection);
  }

  /** Of TIME_WAIT or nobody: tcp_v4_rcv (net/ipv4/tcp_ipv4.c). */
  protected override lateSegment(connection: Connection): void {
    this.reset(connection);
  }

  protected override countClose(unread: boolean): void {
    if (unread) this.world.tally.add('TcpExt TCPAbortOnClose');
  }

  protected override reset(connection: Connection): void {
    this.world.tally.add('Tcp OutRsts');
    super.reset(connection);
  }

  #full(): boolean {
    return this.complete.length >= this.#capacity;
  }
}

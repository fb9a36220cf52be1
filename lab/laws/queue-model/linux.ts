import { acceptQueueCapacity } from '../accept-queue-law.ts';
import type { Connection, Listener, Segment, World } from './connection.ts';
import { Requests } from './linux-requests.ts';
import type { LinuxSettings } from './model-input.ts';

/** Linux: a SYN queue and an accept queue, each of min(backlog, somaxconn) + 1. */
export class LinuxListener implements Listener {
  readonly #settings: LinuxSettings;
  readonly #world: World;
  readonly #queue: Connection[] = [];
  readonly #requests: Requests;
  readonly #capacity: number;
  #cookiesSent = false;

  constructor(settings: LinuxSettings, world: World) {
    this.#settings = settings;
    this.#world = world;
    this.#capacity = acceptQueueCapacity(settings.backlog, settings.somaxconn);
    this.#requests = new Requests(settings, this.#capacity, world, (connection) => this.#synAck(connection));
  }

  preset(connection: Connection): void {
    this.#enqueue(connection);
  }

  accept(): Connection | undefined {
    return this.#queue.shift();
  }

  /** tcp_conn_request (net/ipv4/tcp_input.c), its tests in its order. */
  syn(connection: Connection): void {
    if (this.#requests.has(connection)) {
      this.#requests.again(connection);
      return;
    }
    if (connection.server !== 'none' && connection.server !== 'cookie') return;
    const { tally } = this.#world;
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
      this.#world.peaks.see(this.#queue.length, this.#requests.size);
    }
    this.#synAck(connection);
  }

  segment(connection: Connection, segment: Segment): void {
    switch (connection.server) {
      case 'half-open':
        if (segment === 'rst') this.#embryonicReset(connection);
        else this.#complete(connection, segment);
        break;
      case 'cookie':
        if (segment !== 'rst') this.#complete(connection, segment);
        break;
      case 'queued':
        if (segment === 'data') connection.unread = true;
        break;
      case 'accepted':
        this.#world.app.heard(connection, segment);
        break;
      case 'none':
        if (segment !== 'rst') this.#stranger(connection);
        break;
      case 'closed':
        // Of TIME_WAIT or nobody: tcp_v4_rcv (net/ipv4/tcp_ipv4.c).
        if (segment !== 'rst') this.#reset(connection);
        break;
    }
  }

  /** The ACK of a half-open connection, or of a cookie: tcp_check_req, cookie_v4_check, tcp_v4_syn_recv_sock. */
  #complete(connection: Connection, segment: Segment): void {
    const { tally } = this.#world;
    const cookie = connection.server === 'cookie';
    if (cookie) tally.add('TcpExt SyncookiesRecv');
    if (!this.#full()) {
      if (!cookie) this.#requests.remove(connection);
      tally.add('Tcp PassiveOpens');
      this.#enqueue(connection);
      if (segment === 'data') connection.unread = true;
      return;
    }
    tally.add('TcpExt ListenOverflows', 'TcpExt ListenDrops');
    // A cookie's ACK is dropped, whatever tcp_abort_on_overflow says: there is no request to abort.
    if (cookie || !this.#settings.tcp_abort_on_overflow) return;
    connection.doomed = 'aborted';
    this.#embryonicReset(connection);
    this.#reset(connection);
  }

  #embryonicReset(connection: Connection): void {
    this.#requests.remove(connection);
    connection.server = 'none';
    this.#world.tally.add('TcpExt EmbryonicRsts');
  }

  /** An ACK for a listener that knows nothing of it: tcp_rcv_state_process. */
  #stranger(connection: Connection): void {
    if (this.#cookiesSent && this.#settings.tcp_syncookies !== 0) {
      this.#world.tally.add('TcpExt SyncookiesFailed');
    }
    this.#reset(connection);
  }

  /** __tcp_close (net/ipv4/tcp.c): with data unread an RST goes out, else a FIN. */
  close(connection: Connection): void {
    connection.server = 'closed';
    connection.doomed = 'no-descriptor';
    const { tally, link, clients } = this.#world;
    if (!connection.unread) {
      link.send(() => clients.fin(connection));
      return;
    }
    tally.add('TcpExt TCPAbortOnClose');
    this.#reset(connection);
  }

  #enqueue(connection: Connection): void {
    connection.server = 'queued';
    this.#queue.push(connection);
    this.#world.peaks.see(this.#queue.length, this.#requests.size);
    this.#world.app.wake();
  }

  #full(): boolean {
    return this.#queue.length >= this.#capacity;
  }

  #synAck(connection: Connection): void {
    const { link, clients } = this.#world;
    link.send(() => clients.synAck(connection));
  }

  #reset(connection: Connection): void {
    const { tally, link, clients } = this.#world;
    tally.add('Tcp OutRsts');
    link.send(() => clients.reset(connection));
  }
}

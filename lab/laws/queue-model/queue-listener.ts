import type { Connection, Listener, Segment, World } from './connection.ts';

/** The kernel's half of the server, as far as the kernels are alike: a queue of complete connections, and what is sent. */
export abstract class QueueListener implements Listener {
  protected readonly world: World;
  /** Complete, and not yet accepted: sk_receive_queue of Linux, so_comp of XNU. */
  protected readonly complete: Connection[] = [];

  constructor(world: World) {
    this.world = world;
  }

  abstract syn(connection: Connection): void;
  protected abstract get halfOpenCount(): number;
  protected abstract halfOpenSegment(connection: Connection, segment: Segment): void;
  /** The ACK of a connection of which a cookie knows. */
  protected abstract cookieSegment(connection: Connection, segment: 'ack' | 'data' | 'fin'): void;
  /** A segment of which the listener knows nothing. */
  protected abstract strangeSegment(connection: Connection, segment: Segment): void;
  /** A segment of a connection that the server has closed. */
  protected abstract lateSegment(connection: Connection, segment: 'ack' | 'data' | 'fin'): void;
  /** What is counted for a connection that is closed, `unread` with data in it. */
  protected abstract countClose(unread: boolean): void;

  left(_connection: Connection): void {}

  preset(connection: Connection): void {
    this.enqueue(connection, 'ack');
  }

  accept(): Connection | undefined {
    return this.complete.shift();
  }

  segment(connection: Connection, segment: Segment): void {
    const { server } = connection;
    if (server === 'half-open') this.halfOpenSegment(connection, segment);
    else if (server === 'none') this.strangeSegment(connection, segment);
    else if (server === 'accepted') this.world.app.heard(connection, segment);
    else if (server === 'queued') connection.unread ||= segment === 'data';
    else if (segment === 'rst') return;
    else if (server === 'cookie') this.cookieSegment(connection, segment);
    else this.lateSegment(connection, segment);
  }

  /**
   * With data unread an RST goes out, else a FIN (Linux net/ipv4/tcp.c __tcp_close; XNU soclose, of which tcp_disconnect drops
   * the connection).
   */
  close(connection: Connection): void {
    connection.server = 'closed';
    connection.doomed = 'no-descriptor';
    this.countClose(connection.unread);
    const { link, clients } = this.world;
    if (connection.unread) this.reset(connection);
    else link.send(() => clients.fin(connection));
  }

  /** It is complete with this segment. */
  protected enqueue(connection: Connection, segment: Segment): void {
    connection.server = 'queued';
    this.complete.push(connection);
    this.see();
    this.world.app.wake();
    connection.unread ||= segment === 'data';
  }

  protected see(): void {
    this.world.peaks.see(this.complete.length, this.halfOpenCount);
  }

  protected synAck(connection: Connection): void {
    const { link, clients } = this.world;
    link.send(() => clients.synAck(connection));
  }

  protected reset(connection: Connection): void {
    const { link, clients } = this.world;
    link.send(() => clients.reset(connection));
  }
}

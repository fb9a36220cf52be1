/** The formula, as it is printed beside every number that it predicts. */
export const ACCEPT_QUEUE_LAW = 'min(backlog, somaxconn) + 1';

/** Its form on macOS (system/darwin/queue-limit.ts). */
export const DARWIN_QUEUE_LAW = 'backlog, or somaxconn where that is smaller or backlog is not above 0';

/**
 * How many complete connections a listener holds until they are accepted. The kernel clamps the backlog to somaxconn
 * (Linux net/socket.c __sys_listen_socket), and the queue is full when its length is *above* that
 * (include/net/sock.h sk_acceptq_is_full), so it holds one more.
 */
export function acceptQueueCapacity(backlog: number, somaxconn: number): number {
  return Math.min(backlog, somaxconn) + 1;
}

/** What becomes of a burst, by the number of users. */
export interface Burst {
  /** Complete, and in the accept queue. */
  open: number;
  /** Answered with RST after connect(2) had returned. */
  reset: number;
  /** Believed open by the client, while the server holds no complete connection for it. */
  believed: number;
  /** Its SYN was dropped: connect(2) waits for the next one. */
  waiting: number;
}

/**
 * What becomes of users who all send their SYN before the first handshake is complete (a delayed link), at a server that
 * does not accept. Each SYN is let in while the accept queue has room (Linux net/ipv4/tcp_input.c tcp_conn_request), so
 * all of them are, and wait in the SYN queue. The ACKs then come to a queue that fills: the first have room, the others
 * are dropped, or answered with RST under tcp_abort_on_overflow (net/ipv4/tcp_minisocks.c tcp_check_req).
 *
 * Without the delay a handshake over loopback is complete before the next connect(2) begins: no SYN is let in that the
 * queue has no room for, and nobody is reset. What overlap two processors give varies from run to run.
 *
 * @param capacity of the accept queue
 * @param waiting connections that are in it already
 * @param burst users, at most what the SYN queue has room for
 */
export function overflowingBurst(capacity: number, waiting: number, burst: number, abort: boolean): Burst {
  const room = Math.max(0, capacity - waiting);
  if (room === 0) return { open: 0, reset: 0, believed: 0, waiting: burst };
  const open = Math.min(burst, room);
  const late = burst - open;
  return { open, reset: abort ? late : 0, believed: abort ? 0 : late, waiting: 0 };
}

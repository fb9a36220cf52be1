/**
 * How many complete connections a listener holds until they are accepted. The kernel clamps the backlog to somaxconn
 * (Linux net/socket.c __sys_listen_socket), and the queue is full when its length is *above* that
 * (include/net/sock.h sk_acceptq_is_full), so it holds one more.
 */
export function acceptQueueCapacity(backlog: number, somaxconn: number): number {
  return Math.min(backlog, somaxconn) + 1;
}

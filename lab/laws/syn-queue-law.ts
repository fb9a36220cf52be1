/**
 * How many half-open connections (requests that await their ACK) a listener holds: the same bound as the accept queue's,
 * and again one more (Linux include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full). Without SYN cookies a
 * peer whose address is not known from before leaves the last quarter of tcp_max_syn_backlog to others, so at most
 * three quarters of it, and one, are held (net/ipv4/tcp_input.c tcp_conn_request).
 *
 * @param known the peer has been met: its address is in the kernel's metrics (net/ipv4/tcp_metrics.c tcp_peer_is_proven)
 */
export function synQueueCapacity(
  settings: { backlog: number; somaxconn: number; tcp_max_syn_backlog: number; tcp_syncookies: number },
  known = false,
): number {
  const bound = Math.min(settings.backlog, settings.somaxconn) + 1;
  if (settings.tcp_syncookies > 0 || known) return bound;
  const { tcp_max_syn_backlog: most } = settings;
  return Math.min(bound, most - (most >> 2) + 1);
}

/** What becomes of SYNs that come to a full SYN queue. */
export interface SynOverflow {
  /** Dropped: `TcpExt TCPReqQFullDrop`. */
  dropped: number;
  /** Answered with a cookie, nothing remembered: `TcpExt TCPReqQFullDoCookies`. */
  cookies: number;
}

/**
 * The first SYNs of a burst that all come before the first ACK (a delayed link), beyond what the SYN queue holds
 * (Linux net/ipv4/tcp_input.c tcp_syn_flood_action). Retransmitted SYNs count again.
 */
export function synOverflow(capacity: number, burst: number, tcpSyncookies: number): SynOverflow {
  const beyond = Math.max(0, burst - capacity);
  return tcpSyncookies > 0 ? { dropped: 0, cookies: beyond } : { dropped: beyond, cookies: 0 };
}

/** TCP_TIMEOUT_INIT (RFC 6298 2.1; Linux include/net/tcp.h): the first wait for an answer to SYN and SYN-ACK, ms. */
const FIRST_MS = 1000;

/** TCP_RTO_MAX (Linux include/net/tcp.h), ms. */
const LONGEST_MS = 120_000;

/** When a client that gets no answer sends its SYN again, and when connect(2) gives up with ETIMEDOUT. */
export interface SynTimes {
  /** Ms after the first SYN. */
  again: number[];
  giveUp: number;
}

/**
 * A dropped SYN is sent again after 1 s, `linear` more times after 1 s each, then after 2, 4, 8 … s, `retries` times in
 * all beyond the linear ones (Linux net/ipv4/tcp_timer.c tcp_retransmit_timer and tcp_write_timeout; the linear ones
 * since 6.5: Documentation/networking/ip-sysctl.rst tcp_syn_linear_timeouts). So users dropped by a full accept queue
 * connect near these times, and not between them. The linear ones prolong nothing beyond doublingMs: whichever of the two
 * bounds is met first ends it.
 */
export function synTimes(retries: number, linear: number): SynTimes {
  const again: number[] = [];
  const longest = doublingMs(retries);
  let at = FIRST_MS;
  let wait = FIRST_MS;
  for (let sent = 0; sent < retries + linear && at < longest; sent += 1) {
    again.push(at);
    if (sent >= linear) wait = Math.min(wait * 2, LONGEST_MS);
    at += wait;
  }
  return { again, giveUp: at };
}

/**
 * How long so many retries would take if every wait were twice the one before, ms: the first time-out that comes no earlier than
 * this ends the attempt (Linux net/ipv4/tcp_timer.c retransmits_timed_out, tcp_model_timeout).
 */
function doublingMs(retries: number): number {
  const doubling = Math.min(retries, Math.floor(Math.log2(LONGEST_MS / FIRST_MS)));
  return (2 ** (doubling + 1) - 1) * FIRST_MS + (retries - doubling) * LONGEST_MS;
}

/**
 * How long a server remembers a half-open connection, ms: SYN-ACKs are sent again after 1, 2, 4 … s, and the request is
 * forgotten when the wait after the last has passed (Linux net/ipv4/inet_connection_sock.c reqsk_timer_handler). When more
 * than half of the SYN queue is in use, and none of it is young, two retries have to do, whatever tcp_synack_retries says.
 * A client that believes its handshake complete then gets RST for its next segment: a reset that comes this late.
 *
 * @param requests half-open connections
 * @param bound of the SYN queue: min(backlog, somaxconn)
 */
export function requestLifetimeMs(synackRetries: number, requests: number, bound: number): number {
  const crowded = requests * 2 > Math.max(8, bound);
  const retries = crowded ? Math.min(synackRetries, 2) : synackRetries;
  let total = 0;
  for (let sent = 0; sent <= retries; sent += 1) total += Math.min(FIRST_MS * 2 ** sent, LONGEST_MS);
  return total;
}

/** tcp_syn_backoff (XNU bsd/netinet/tcp_timer.c): waits between SYNs, in units of TCPTV_RTOBASE, which is 1 s. */
const SYN_BACKOFF = [1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 64, 64];

/** TCPTV_KEEP_INIT (XNU bsd/netinet/tcp_timer.h), net.inet.tcp.keepinit: ms that a connection may take to be made. */
export const KEEPINIT_MS = 75_000;

/** When a macOS client that gets no answer sends its SYN again, and when connect(2) gives up with ETIMEDOUT. */
export function darwinSynTimes(keepinitMs = KEEPINIT_MS): SynTimes {
  let at = 0;
  const all = SYN_BACKOFF.map((wait) => {
    at += wait * 1000;
    return at;
  });
  return { again: all.filter((ms) => ms < keepinitMs), giveUp: keepinitMs };
}

/** TCP_RTO_MIN (Linux include/net/tcp.h): the first wait for an answer to data, ms. */
const DATA_FIRST_MS = 200;

/**
 * The most packets that one connection, which a full listen queue keeps out, can have dropped within `ms`: its SYN, once more each
 * second (the linear ones, and every one after them is later), and where it believes itself connected the ACK and its first data,
 * which is sent again after 200, 400, 800 … ms (Linux net/ipv4/tcp_timer.c tcp_retransmit_timer; each meets the full queue anew,
 * net/ipv4/tcp_minisocks.c tcp_check_req).
 */
export function mostHandshakePackets(ms: number): number {
  return 2 + Math.floor(ms / FIRST_MS) + Math.ceil(Math.log2(1 + ms / DATA_FIRST_MS));
}

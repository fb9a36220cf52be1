import type { SynTimes } from './retransmission-law.ts';

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

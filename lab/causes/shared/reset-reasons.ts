import { count } from '../../../common/format.ts';
import type { ServerEnd } from '../../facts/connections.ts';
import { type Item, item } from './cause.ts';

/** The kernel's reasons for an RST (include/net/rstreason.h), where they say more than that a connection was reset. */
const WORDS: Readonly<Record<string, string>> = {
  TCP_ABORT_ON_CLOSE: 'closed with data unread (net/ipv4/tcp.c __tcp_close)',
  // tcp_disconnect: close(2) of a socket that lingers for 0 s, and of a listener with connections in its queue (inet_csk_listen_stop).
  TCP_STATE:
    'dropped by the server itself: SO_LINGER with 0 s, or the listener closed before it accepted them (net/ipv4/tcp.c tcp_disconnect)',
  TCP_DISCONNECT_WITH_DATA:
    'dropped by the server itself with data unsent: SO_LINGER with 0 s (net/ipv4/tcp.c tcp_disconnect)',
  TCP_ABORT_ON_LINGER: 'closed with TCP_LINGER2 below 0 (net/ipv4/tcp.c __tcp_close)',
  TCP_ABORT_ON_DATA: 'closed before the data arrived, which nobody reads any more (net/ipv4/tcp_input.c)',
  TCP_ABORT_ON_MEMORY: 'no memory for TCP: tcp_mem or tcp_max_orphans (net/ipv4/tcp.c tcp_check_oom)',
  TCP_KEEPALIVE_TIMEOUT:
    'the TCP keep-alive gave up: the other end did not answer, look at the network between (net/ipv4/tcp_timer.c)',
};

/** How many ends have each of these reasons, most first, one item each; none without the trace (tracefs). */
export function reasonItems(ends: readonly ServerEnd[]): Item[] {
  const found = new Map<string, number>();
  for (const { line } of ends) {
    const { reason, accepted } = line;
    // A connection that nobody had accepted was reset because its listener closed, whatever reason the kernel gives.
    if (reason && reason.is in WORDS && accepted?.is !== false)
      found.set(reason.is, (found.get(reason.is) ?? 0) + 1);
  }
  return [...found]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, number]) =>
      item(
        'ledger with tracefs',
        `reset for ${reason}`,
        0,
        number,
        `${count(number, 'connection')}: ${WORDS[reason]}`,
      ),
    );
}

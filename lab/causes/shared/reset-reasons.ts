import { count } from '../../../common/format.ts';
import type { ServerEnd } from '../../facts/connections.ts';
import { type Item, item } from './cause.ts';

/** The kernel's words for why it sent an RST (include/net/rstreason.h), where they tell more than that a connection was reset. */
const WORDS: Readonly<Record<string, string>> = {
  TCP_ABORT_ON_CLOSE: 'closed with something unread (net/ipv4/tcp.c __tcp_close)',
  // tcp_disconnect: close(2) of a socket that lingers for 0 s, and of a listener with who waits in its queue (inet_csk_listen_stop).
  TCP_STATE:
    'thrown away by the server itself: SO_LINGER with 0 s, or its listener was closed before it was accepted (net/ipv4/tcp.c tcp_disconnect)',
  TCP_DISCONNECT_WITH_DATA:
    'thrown away by the server itself with data unsent: SO_LINGER with 0 s (net/ipv4/tcp.c tcp_disconnect)',
  TCP_ABORT_ON_LINGER: 'closed with TCP_LINGER2 below 0 (net/ipv4/tcp.c __tcp_close)',
  TCP_ABORT_ON_DATA: 'closed before something came that nobody takes any more (net/ipv4/tcp_input.c)',
  TCP_ABORT_ON_MEMORY: 'no memory for TCP: tcp_mem or tcp_max_orphans (net/ipv4/tcp.c tcp_check_oom)',
  TCP_KEEPALIVE_TIMEOUT:
    'the TCP keep-alive gave up: the other end had not answered, see what lies between (net/ipv4/tcp_timer.c)',
};

/** How many ends the kernel gave each of these reasons for, most first, one item each; none where it was not asked (tracefs). */
export function reasonItems(ends: readonly ServerEnd[]): Item[] {
  const found = new Map<string, number>();
  for (const { line } of ends) {
    const { reason, accepted } = line;
    // Of what nobody had accepted its listener's end is the reason, whatever the word.
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

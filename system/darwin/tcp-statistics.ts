import type { Counters } from '../counters.ts';
import { readStatistics, type StatisticsLine } from './netstat-lines.ts';

const line = (format: string, ...names: string[]): StatisticsLine => ({
  format,
  names: names.map((name) => `darwin tcp ${name}`),
});

/** The lines that bear on a connection's beginning and end (network_cmds netstat.tproj/inet.c tcp_stats). */
export const TCP_LINES: readonly StatisticsLine[] = [
  line('%u packet%s sent', 'packets sent'),
  line('%u packet%s received', 'packets received'),
  line('%u packet%s received after close', 'packets received after close'),
  line('%u discarded for bad checksum%s', 'discarded for bad checksums'),
  line('%u connection request%s', 'connection requests'),
  line('%u connection accept%s', 'connection accepts'),
  line('%u bad connection attempt%s', 'bad connection attempts'),
  line('%u listen queue overflow%s', 'listen queue overflows'),
  line('%u connection%s established (including accepts)', 'connections established'),
  line('%u connection%s closed (including %u drop%s)', 'connections closed', 'drops'),
  line('%u embryonic connection%s dropped', 'embryonic connections dropped'),
  line('%u retransmit timeout%s', 'retransmit timeouts'),
  line('%u connection%s dropped by rexmit timeout', 'connections dropped by rexmit timeout'),
  line('%u connection%s dropped by keepalive', 'connections dropped by keepalive'),
  line('%u SYN cookie%s sent', 'SYN cookies sent'),
  line('%u SYN cookie%s received', 'SYN cookies received'),
];

/**
 * `netstat -s -p tcp`. Undefined when it holds none of these lines, and when all of them are zero: so it is for whoever is not root,
 * unless net.inet.tcp.disable_access_to_stats is 0 (XNU bsd/netinet/tcp_input.c tcp_getstat).
 */
export function parseTcpStatistics(text: string): Counters | undefined {
  const counters = readStatistics(text, TCP_LINES);
  return Object.values(counters).some((value) => value > 0) ? counters : undefined;
}

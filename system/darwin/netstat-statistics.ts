import type { Counters } from '../counters.ts';

/** A line of `netstat -s` as its printf has it, without what is before the first figure, and the name of each figure. */
export interface StatisticsLine {
  format: string;
  names: readonly string[];
}

/** Reads the figures of all lines that have one of these formats; the first such line counts. Other lines are passed over. */
export function readStatistics(text: string, lines: readonly StatisticsLine[]): Counters {
  const counters: Counters = {};
  const patterns = lines.map(({ format, names }) => ({ pattern: patternOf(format), names }));
  for (const line of text.split('\n')) {
    for (const { pattern, names } of patterns) {
      const figures = pattern.exec(line)?.slice(1).map(Number);
      if (figures?.length !== names.length || !figures.every(Number.isSafeInteger)) continue;
      for (const [index, name] of names.entries()) counters[name] ??= figures[index] as number;
    }
  }
  return counters;
}

/** `%u` and `%llu` are figures, `%s` is what makes a plural. */
function patternOf(format: string): RegExp {
  const source = format
    .replace(/[()[\].*+?^$|\\]/g, '\\$&')
    .replace(/%(?:ll)?u/g, '(\\d+)')
    .replace(/%s/g, '(?:s|es)?');
  return new RegExp(`^\\s*${source}\\s*$`);
}

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

/** Lines of `netstat -I lo0 -s -p tcp` (network_cmds netstat.tproj/inet.c tcp_ifstats), with the names of their figures. */
export const INTERFACE_TCP_LINES: readonly StatisticsLine[] = [
  {
    format: '%llu incoming packet%s with SYN with ACK or RST flags',
    names: ['incoming packets with SYN with ACK or RST flags'],
  },
  { format: '%llu incoming packet%s to closed port', names: ['incoming packets to closed port'] },
  { format: '%llu incoming packet%s received after close', names: ['incoming packets received after close'] },
];

/** Counters as `darwin lo0 tcp …`, by the interface of the heading `tcp on lo0`. Undefined without it, or without any of the lines. */
export function parseInterfaceTcp(text: string): Counters | undefined {
  const name = /^tcp on (\S+?):?\s*$/m.exec(text)?.[1];
  const counters = Object.entries(readStatistics(text, INTERFACE_TCP_LINES));
  if (name === undefined || counters.length === 0) return undefined;
  return Object.fromEntries(counters.map(([what, value]) => [`darwin ${name} tcp ${what}`, value]));
}

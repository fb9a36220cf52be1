import type { Counters } from '../counters.ts';
import { readStatistics, type StatisticsLine } from './netstat-lines.ts';

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

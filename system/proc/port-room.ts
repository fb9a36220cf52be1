import { readSysctls } from '../sysctls.ts';
import type { TcpSocket } from './outgoing.ts';
import { addressOf, TCP } from './tcp-rows.ts';

/** What decides, in a network namespace, how many connections one address may have to one remote end. */
export interface PortRules {
  first: number;
  last: number;
  /** Ports of the range that connect(2) passes over: of listeners, and reserved ones. */
  taken: ReadonlySet<number>;
  /** tcp_tw_reuse: 0 never, 1 everywhere, 2 on the loopback; after so long in TIME_WAIT, ms. */
  reuse: number;
  reuseAfterMs: number;
}

const RULES = ['net.ipv4.tcp_tw_reuse', 'net.ipv4.tcp_tw_reuse_delay', 'net.ipv4.tcp_timestamps'] as const;
/** tcp_tw_reuse_delay is younger than the rest: before, it was a second (net/ipv4/tcp_ipv4.c tcp_twsk_unique). */
const DELAY_MS = 1000;

/** The rules for a range of this network namespace; `taken` as `takenPorts` gives them. */
export function portRules(range: { first: number; last: number }, taken: readonly number[]): PortRules {
  const { tcp_tw_reuse = '0', tcp_tw_reuse_delay, tcp_timestamps } = readSysctls(RULES);
  return {
    ...range,
    taken: new Set(taken),
    reuse: tcp_timestamps === '0' ? 0 : Number(tcp_tw_reuse),
    reuseAfterMs: Number(tcp_tw_reuse_delay ?? DELAY_MS),
  };
}

/**
 * How many local ports a socket may have that connects from one address to one remote end, and how many of them are left, by all
 * sockets with these two (net/ipv4/inet_hashtables.c __inet_hash_connect): one in TIME_WAIT keeps its port unless it may be reused.
 */
export function portRoom(
  sockets: readonly Pick<TcpSocket, 'host' | 'port' | 'state' | 'closedFor'>[],
  { first, last, taken, reuse, reuseAfterMs }: PortRules,
): { width: number; free: number } {
  const width = last - first + 1 - taken.size;
  const kept = new Set<number>();
  for (const { host, port, state, closedFor = 0 } of sockets) {
    if (port < first || port > last || taken.has(port)) continue;
    const reusable = reuse === 1 || (reuse === 2 && isLoopback(host));
    if (state === TCP.TIME_WAIT && reusable && closedFor >= reuseAfterMs) continue;
    kept.add(port);
  }
  return { width, free: width - kept.size };
}

/** By the address as the kernel prints it. */
function isLoopback(host: string): boolean {
  const address = addressOf(host);
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:7f');
}

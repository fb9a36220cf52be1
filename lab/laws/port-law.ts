/** The formula, as it is printed beside every number that it predicts. */
export const PORTS_LAW = 'last - first + 1 of ip_local_port_range, less the ports in use';

/**
 * The largest number of users that can connect from one address to one server: each needs a local port of its own,
 * which connect(2) takes from ip_local_port_range (Linux net/ipv4/inet_hashtables.c __inet_hash_connect). A port that is bound,
 * such as a listener's in the same namespace, is passed over. Beyond, connect(2) fails with EADDRNOTAVAIL before a
 * packet is sent.
 *
 * @param taken ports of listeners in the robots' namespace and reserved ones, and connections that are not users
 */
export function portThreshold(
  range: { first: number; last: number; addresses?: number },
  taken: { listening?: readonly number[]; connections?: number } = {},
): number {
  const { first, last, addresses = 1 } = range;
  const listening = (taken.listening ?? []).filter((port) => port >= first && port <= last).length;
  return Math.max(0, (last - first + 1 - listening) * addresses - (taken.connections ?? 0));
}

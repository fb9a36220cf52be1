/** An address as a socket of IPv4 has it: one of IPv6 that listens for both shows IPv4 as `::ffff:10.0.0.1` (RFC 4291, 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

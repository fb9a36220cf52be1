import { readText } from '../read.ts';

/**
 * The addresses of a network namespace, by a folder such as /proc/PID/net: of IPv4 from fib_trie (net/ipv4/fib_trie.c
 * fib_trie_seq_show), of IPv6 from if_inet6 (net/ipv6/addrconf.c if6_seq_show). Of the loopback's 127.0.0.0/8 only those that are
 * listed.
 */
export function readLocalAddresses(netDir: string): Set<string> {
  const four = (readText(`${netDir}/fib_trie`) ?? '').matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g);
  const six = (readText(`${netDir}/if_inet6`) ?? '').matchAll(/^([0-9a-f]{32}) /gm);
  return new Set([
    ...[...four].map(([, address = '']) => address),
    ...[...six].map(([, hex = '']) => shortened(hex)),
  ]);
}

function shortened(hex: string): string {
  const groups = hex.match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

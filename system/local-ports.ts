import { type Host, thisHost } from './host.ts';
import { readListeners } from './proc/net-tcp.ts';

/** RFC 6335 §6, for an OS that does not say. */
const DYNAMIC_PORTS = { first: 49_152, last: 65_535 };

/** The local ports that the kernel hands out, from ip_local_port_range or net.inet.ip.portrange. */
export function localPorts(host: Host = thisHost): { first: number; last: number } {
  try {
    const text =
      host.platform === 'linux'
        ? host.read('/proc/sys/net/ipv4/ip_local_port_range')
        : host.run('sysctl', '-n', 'net.inet.ip.portrange.first', 'net.inet.ip.portrange.last');
    const [first, last] = text.trim().split(/\s+/).map(Number);
    return first && last ? { first, last } : DYNAMIC_PORTS;
  } catch {
    return DYNAMIC_PORTS;
  }
}

/**
 * The ports of a range that connect(2) passes over in this network namespace, as long as this stays so: those of listeners, on
 * whatever address, and those of ip_local_reserved_ports (Linux net/ipv4/inet_hashtables.c __inet_hash_connect). A container on a
 * network of Docker's own has a listener of Docker's in it, its DNS server on 127.0.0.11. A port that is bound without
 * listening is not seen: no file in /proc/net has it. Undefined off Linux.
 */
export function takenPorts(
  { first, last }: { first: number; last: number },
  host: Host = thisHost,
): number[] | undefined {
  if (host.platform !== 'linux') return undefined;
  const listening = readListeners('/proc/self/net').map(({ port }) => port);
  const within = (port: number) => port >= first && port <= last;
  return [...new Set([...listening, ...reservedPorts(host)].filter(within))].sort((a, b) => a - b);
}

/** What this network namespace has in local ports for sockets on so many addresses. */
export function portsOf(addresses: number) {
  const range = localPorts();
  const taken = takenPorts(range);
  return { ...range, addresses: Math.max(1, addresses), ...(taken && { taken }) };
}

/** ip_local_reserved_ports: a list of ports and of ranges (Documentation/networking/ip-sysctl.rst). */
function reservedPorts(host: Host): number[] {
  let text: string;
  try {
    text = host.read('/proc/sys/net/ipv4/ip_local_reserved_ports').trim();
  } catch {
    return [];
  }
  return text.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number);
    if (!from || !to) return [];
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}

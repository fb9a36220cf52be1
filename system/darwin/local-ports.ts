/**
 * Local ports in use, from `netstat -an -p tcp` (network_cmds netstat.tproj/inet.c inetprint): `tcp4 0 0 127.0.0.1.49152 127.0.0.1.8080
 * TIME_WAIT`. The port is what follows the last dot of the first address. By white space: widths of heading and rows differ.
 */
export function parseLocalPorts(text: string): Set<number> {
  const ports = new Set<number>();
  for (const line of text.split('\n')) {
    const match = /^\s*tcp\S*\s+\d+\s+\d+\s+\S+\.(\d{1,5})\s+\S+/.exec(line);
    if (match) ports.add(Number(match[1]));
  }
  return ports;
}

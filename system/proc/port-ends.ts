import { readText } from '../read.ts';
import { endsOf, readPortRows, TCP } from './tcp-rows.ts';

const FILES = ['tcp', 'tcp6'];

/** A connection by both its ends, as people write them: `10.0.0.1:8080`, `[::1]:8080`. */
export interface Ends {
  local: string;
  remote: string;
  /** The other end's address alone. */
  host: string;
}

/** The connections of a local port that are open both ways (ESTABLISHED), below a folder such as /proc/self/net. */
export function openEndsOf(netDir: string, port: number): Ends[] {
  const { rows } = readPortRows(
    FILES.map((file) => `${netDir}/${file}`),
    port,
  );
  return rows.flatMap(({ key, state }) => {
    if (state !== TCP.ESTABLISHED) return [];
    const { local, remote } = endsOf(key);
    return [{ local, remote, host: hostOf(remote) }];
  });
}

/** A socket that has asked for a connection, and whose SYN has been sent again since nothing came back. */
export interface Asking extends Ends {
  /** How often it was sent so far. */
  syns: number;
}

/**
 * Those there that ask for this port at an address of IPv4 (TCP_SYN_SENT), and whose SYN has been sent twice or more: retrnsmt, which
 * counts from the first time-out on (net/ipv4/tcp_ipv4.c get_tcp4_sock), 1 s after the SYN (TCP_TIMEOUT_INIT).
 */
export function askingEndsOf(netDir: string, port: number): Asking[] {
  const other = port.toString(16).toUpperCase().padStart(4, '0');
  const pattern = new RegExp(
    `^ *\\d+: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:${other}) 02 \\S+ \\S+ +([0-9A-F]{8}) `,
    'gm',
  );
  const found: Asking[] = [];
  for (const file of FILES)
    for (const [, key = '', again = '0'] of (readText(`${netDir}/${file}`) ?? '').matchAll(pattern)) {
      const { local, remote } = endsOf(key);
      const syns = 1 + Number.parseInt(again, 16);
      if (syns > 1 && !remote.startsWith('[')) found.push({ local, remote, host: hostOf(remote), syns });
    }
  return found;
}

/** The other ends of the connections of a local port, half-open ones among them: as `1.2.3.4:5678`. */
export function remoteEndsOf(netDir: string, port: number): Set<string> {
  const files = FILES.map((file) => `${netDir}/${file}`);
  return new Set(readPortRows(files, port).rows.map(({ key }) => endsOf(key).remote));
}

/** The address of an end: `1.2.3.4` of `1.2.3.4:5678`, `::1` of `[::1]:80`. */
export const hostOf = (end: string) => end.slice(0, end.lastIndexOf(':')).replace(/^\[|\]$/g, '');

/** The sockets there whose other end has that port, in any state: each as `local remote`. */
export function clientEndsOf(netDir: string, port: number): Set<string> {
  const other = port.toString(16).toUpperCase().padStart(4, '0');
  const pattern = new RegExp(`^ *\\d+: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:${other}) `, 'gm');
  const found = new Set<string>();
  for (const file of FILES)
    for (const [, key = ''] of (readText(`${netDir}/${file}`) ?? '').matchAll(pattern)) {
      const { local, remote } = endsOf(key);
      found.add(`${local} ${remote}`);
    }
  return found;
}

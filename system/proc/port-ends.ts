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
    const host = remote.slice(0, remote.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    return [{ local, remote, host }];
  });
}

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

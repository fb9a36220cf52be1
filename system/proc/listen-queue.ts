import { closeSync, openSync, readSync } from 'node:fs';
import { type Listener, parseListeners } from './net-tcp.ts';

/** Every line of it has this length (net/ipv4/tcp_ipv4.c TMPSZ; of IPv6 net/ipv6/tcp_ipv6.c get_tcp6_sock, which is longer). */
const LINE = { tcp: 150, tcp6: 256 };
const MOST_LINES = 4096;

/**
 * How many wait in the accept queue of this listener of a network namespace, in some µs; undefined when it is not there any more. The
 * kernel goes no further than it is read (fs/seq_file.c seq_read_iter), and the listeners come first (tcp_seq_start): so it does not
 * go through the table of connections, which takes ms.
 */
export function readListenQueue(netDir: string, { address, port, inode }: Listener): number | undefined {
  const name = address.includes(':') ? 'tcp6' : 'tcp';
  const buffer = Buffer.alloc(LINE[name]);
  let file: number;
  try {
    file = openSync(`${netDir}/${name}`, 'r');
  } catch {
    return undefined;
  }
  try {
    let rest = '';
    for (let count = 0; count < MOST_LINES; count += 1) {
      const part = buffer.toString('latin1', 0, readSync(file, buffer));
      if (part === '') return undefined;
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const found = parseListeners(`${line}\n`, port).find((listener) => listener.inode === inode);
        if (found) return found.waiting;
        if (!LISTENS_OR_HEAD.test(line)) return undefined;
      }
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

const LISTENS_OR_HEAD = /^ *(?:sl |\d+: \S+ \S+ 0A )/;

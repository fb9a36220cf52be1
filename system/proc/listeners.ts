import { closeSync, openSync, readSync } from 'node:fs';

const LISTEN = '0A';

/**
 * Connections that wait in the accept queue of the listener on `port`, from /proc/net/tcp and tcp6; undefined when
 * there is no such listener. For a listener the kernel prints sk_ack_backlog as rx_queue (net/ipv4/tcp_ipv4.c
 * get_tcp4_sock, net/ipv6/tcp_ipv6.c get_tcp6_sock), and prints listeners first (tcp_seq_start), so the connections,
 * however many, are not read.
 */
export function readAcceptQueue(netDir: string, port: number): number | undefined {
  for (const file of ['tcp', 'tcp6']) {
    const waiting = parseAcceptQueue(listeners(`${netDir}/${file}`), port);
    if (waiting !== undefined) return waiting;
  }
  return undefined;
}

/** A listener as /proc/net/tcp or tcp6 shows it. */
export interface Listener {
  address: string;
  port: number;
  inode: string;
  /** Connections in its accept queue. */
  waiting: number;
}

/** Every listener of a network namespace, those on IPv4 first; none of a file that is not there. */
export function readListeners(netDir: string): Listener[] {
  return ['tcp', 'tcp6'].flatMap((file) => parseListeners(listeners(`${netDir}/${file}`)));
}

/** The same from the text of one such file. */
export function parseListeners(text: string): Listener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, queues = '', , , , , inode] = line.trim().split(/\s+/);
      const [host = '', port = ''] = local.split(':');
      const waiting = Number.parseInt(queues.split(':')[1] ?? '', 16);
      if (state !== LISTEN || inode === undefined || Number.isNaN(waiting)) return [];
      return [{ address: addressOf(host), port: Number.parseInt(port, 16), inode, waiting }];
    });
}

/** An address as the kernel prints it there: words of 32 bits, each in the machine's own byte order (all of ours: low byte first). */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at]}${bytes[2 * at + 1]}`);
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The same from the text of such a file. */
export function parseAcceptQueue(text: string, port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state, queues] = line.trim().split(/\s+/);
    if (state === undefined || queues === undefined) continue;
    if (state !== LISTEN) return undefined;
    if (!local?.endsWith(suffix)) continue;
    const waiting = Number.parseInt(queues.split(':')[1] ?? '', 16);
    return Number.isNaN(waiting) ? undefined : waiting;
  }
  return undefined;
}

const page = Buffer.alloc(4096);

/** The file up to the page in which the listeners end: one read gives whole lines, a page of them at most (seq_read). */
function listeners(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    let text = '';
    for (;;) {
      const length = readSync(file, page);
      text += page.toString('latin1', 0, length);
      const [, , , state] = text
        .slice(text.lastIndexOf('\n', text.length - 2) + 1)
        .trim()
        .split(/\s+/);
      if (length === 0 || (state !== LISTEN && state !== 'st')) return text;
    }
  } finally {
    closeSync(file);
  }
}

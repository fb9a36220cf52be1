import { closeSync, openSync, readSync } from 'node:fs';

const LISTEN = '0A';

/**
 * Connections that wait in the accept queue of the listener on `port`, from /proc/net/tcp and tcp6; undefined when
 * there is no such listener. For a listener the kernel prints sk_ack_backlog as rx_queue (net/ipv4/tcp_ipv4.c
 * get_tcp4_sock, net/ipv6/tcp_ipv6.c get_tcp6_sock), and prints listeners first (tcp_seq_start), so one page is
 * enough however many connections there are.
 */
export function readAcceptQueue(netDir: string, port: number): number | undefined {
  for (const file of ['tcp', 'tcp6']) {
    const waiting = parseAcceptQueue(firstPage(`${netDir}/${file}`), port);
    if (waiting !== undefined) return waiting;
  }
  return undefined;
}

/** The same from the text of such a file. */
export function parseAcceptQueue(text: string, port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state, queues] = line.trim().split(/\s+/);
    if (state === undefined || queues === undefined) continue;
    if (state !== LISTEN) return undefined;
    if (local?.endsWith(suffix)) return Number.parseInt(queues.split(':')[1] ?? '', 16);
  }
  return undefined;
}

const page = Buffer.alloc(16_384);

function firstPage(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    return page.toString("latin1", 0, readSync(file, page, 0, page.length, 0));
  } finally {
    closeSync(file);
  }
}

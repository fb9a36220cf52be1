import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';
/** FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSING: whoever has such a socket has sent its FIN first (RFC 9293, 3.3.2). */
const CLOSED_FIRST = new Set(['04', '05', '06', '0B']);

/** The connections of a local port. */
export interface Connections {
  /** The other ends of those that are complete, as the kernel prints them, and whether accept(2) has taken them. */
  open: Map<string, boolean>;
  /** The inodes of those that it has taken, by which the processes that hold them are found. */
  inodes: string[];
  /** Those that this side closed first. */
  closedFirst: number;
}

/** Reads the connections of `port` below a folder such as /proc/self/net, from tcp and tcp6 (net/ipv4/tcp_ipv4.c tcp4_seq_show). */
export function readConnections(netDir: string, port: number): Connections {
  const found: Connections = { open: new Map(), inodes: [], closedFirst: 0 };
  for (const file of ['tcp', 'tcp6']) {
    let text = '';
    try {
      text = readFileSync(`${netDir}/${file}`, 'latin1');
    } catch {}
    addConnections(found, text, port);
  }
  return found;
}

/** Adds those in the text of one such file. */
export function addConnections(found: Connections, text: string, port: number): void {
  const local = new RegExp(
    `^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} ([0-9A-F]+:[0-9A-F]{4}) (..) .*$`,
    'gm',
  );
  for (const [line, remote = '', state = ''] of text.matchAll(local)) {
    if (state === ESTABLISHED) {
      // What nobody has accepted belongs to no file yet: its inode is 0 (net/core/sock.c sock_i_ino).
      const inode = line.trim().split(/\s+/)[9] ?? '0';
      found.open.set(remote, inode !== '0');
      if (inode !== '0') found.inodes.push(inode);
    } else if (CLOSED_FIRST.has(state)) found.closedFirst += 1;
  }
}

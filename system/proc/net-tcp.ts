import { closeSync, openSync, readSync } from 'node:fs';
import { addressOf, type PortRows, readPortRows, TCP } from './tcp-rows.ts';

const LISTEN = '0A';
/** Whoever has such a socket has sent its FIN first (RFC 9293, 3.3.2). */
const CLOSED_FIRST: ReadonlySet<number> = new Set([TCP.FIN_WAIT1, TCP.FIN_WAIT2, TCP.TIME_WAIT, TCP.CLOSING]);

/** Below a folder such as /proc/self/net, each with the sockets of one IP version. */
const FILES = ['tcp', 'tcp6'];

/** A row of such a file, in hexadecimal. */
interface Row {
  host: string;
  port: string;
  remote: string;
  state: string;
  /** rx_queue: bytes unread, or of a listener the connections in its accept queue. */
  received: string;
  /** Decimal; 0: no file has it. */
  inode: string;
}

/**
 * The rows with that local port, or with any (net/ipv4/tcp_ipv4.c get_tcp4_sock, net/ipv6/tcp_ipv6.c get_tcp6_sock). By one
 * expression, since there may be thousands of others.
 */
function* rowsIn(text: string, port?: number): Generator<Row> {
  const local = port?.toString(16).toUpperCase().padStart(4, '0') ?? '[0-9A-F]{4}';
  const pattern = new RegExp(
    `^ *\\d+: ([0-9A-F]+):(${local}) ([0-9A-F]+:[0-9A-F]{4}) (..) [0-9A-F]+:([0-9A-F]{8}) \\S+ \\S+ +\\d+ +-?\\d+ (\\d+) `,
    'gm',
  );
  for (const [, host = '', own = '', remote = '', state = '', received = '', inode = ''] of text.matchAll(
    pattern,
  ))
    yield { host, port: own, remote, state, received, inode };
}

/** A listener. */
export interface Listener {
  address: string;
  port: number;
  inode: string;
  /** Connections in its accept queue: sk_ack_backlog, which the kernel prints as rx_queue. */
  waiting: number;
}

/** The listeners of a network namespace, or of one of its ports, those on IPv4 first; none of a file that is not there. Of both files, or these. */
export function readListeners(netDir: string, port?: number, files: readonly string[] = FILES): Listener[] {
  return files.flatMap((file) => parseListeners(textOfListeners(`${netDir}/${file}`), port));
}

/**
 * Connections that wait in the accept queue of the listener on `port`; undefined when there is none. Where it is on IPv4, tcp6 is not
 * read.
 */
export function readAcceptQueue(netDir: string, port: number): number | undefined {
  for (const file of FILES) {
    const [listener] = parseListeners(textOfListeners(`${netDir}/${file}`), port);
    if (listener) return listener.waiting;
  }
  return undefined;
}

/** The listeners in the text of one such file. */
export function parseListeners(text: string, port?: number): Listener[] {
  return [...rowsIn(text, port)]
    .filter(({ state }) => state === LISTEN)
    .map((row) => ({
      address: addressOf(row.host),
      port: Number.parseInt(row.port, 16),
      inode: row.inode,
      waiting: Number.parseInt(row.received, 16),
    }));
}

const OTHER_THAN_LISTENER = new RegExp(`^ *\\d+: \\S+ \\S+ (?!${LISTEN})`, 'm');
const page = Buffer.alloc(4096);

/**
 * The file up to where the listeners end: the kernel prints them first (tcp_seq_start), a page at each read (seq_read), so the
 * connections, however many, are not read.
 */
function textOfListeners(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    let text = '';
    for (;;) {
      const part = page.toString('latin1', 0, readSync(file, page));
      text += part;
      if (part === '' || OTHER_THAN_LISTENER.test(part)) return text;
    }
  } finally {
    closeSync(file);
  }
}

/** The connections of a local port. */
export interface Connections {
  /** The other ends of those that are complete, as the kernel prints them, and whether accept(2) has taken them. */
  open: Map<string, boolean>;
  /** The other ends of those that it has taken and of which something lies unread. */
  unread: string[];
  /** Those that it has taken, whose clients have left, and that nobody has closed yet. */
  unreleased: number;
  /** The inodes of those that it has taken, by which the processes that hold them are found. */
  inodes: string[];
  /** Those that this side closed first. */
  closedFirst: number;
  /**
   * All but listeners and those that were closed and are no file's any more: who has one has not let go of everybody yet. The others
   * the kernel keeps by itself, for minutes when the other end is gone (net/ipv4/tcp.c __tcp_close).
   */
  sockets: number;
}

/** Reads the connections of `port` below a folder such as /proc/self/net. */
export function readConnections(netDir: string, port: number): Connections {
  return countConnections(
    readPortRows(
      FILES.map((file) => `${netDir}/${file}`),
      port,
    ),
  );
}

/** The same of rows that were read already. */
export function countConnections({ rows, timeWait }: PortRows): Connections {
  const found: Connections = {
    open: new Map(),
    unread: [],
    unreleased: 0,
    inodes: [],
    closedFirst: timeWait,
    sockets: 0,
  };
  for (const { key, state, inode, unread = 0 } of rows) {
    const first = CLOSED_FIRST.has(state);
    const letGo = inode === 0 && (state === TCP.LAST_ACK || first);
    if (!letGo) found.sockets += 1;
    if (state === TCP.ESTABLISHED) {
      // What nobody has accepted belongs to no file yet (net/core/sock.c sock_i_ino).
      const remote = key.slice((key.length + 1) / 2);
      found.open.set(remote, inode !== 0);
      if (inode === 0) continue;
      found.inodes.push(String(inode));
      if (unread > 0) found.unread.push(remote);
    } else if (state === TCP.CLOSE_WAIT && inode !== 0) found.unreleased += 1;
    else if (first) found.closedFirst += 1;
  }
  return found;
}

/** An address as a person or a command may write it, as it is written here: without brackets and scope; `*` takes IPv6 and IPv4. */
export function canonicalAddress(written: string): string {
  const plain = written.replace(/^\[/, '').replace(/\]?(%.*)?$/, '');
  if (plain === '*') return '::';
  if (!plain.includes(':')) return plain;
  return URL.parse(`http://[${plain}]`)?.hostname.slice(1, -1) ?? plain;
}

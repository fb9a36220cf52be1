/**
 * The end of a TCP socket as `ss -E -H -t -n -i -O` prints it: one line when the kernel frees it, with its last tcp_info
 * (net/core/sock_diag.c sock_diag_broadcast_destroy, net/ipv4/tcp_diag.c tcp_diag_get_info, net/ipv4/tcp.c tcp_get_info).
 */
export interface SocketEnd {
  /** `127.0.0.1:8080`, `[::1]:8080`; a mapped IPv4 address as IPv4. */
  local: string;
  /** Undefined where the kernel had wiped it before: net/ipv4/tcp.c tcp_disconnect. */
  remote: string | undefined;
  /** Received and not taken by the program, bytes; a FIN counts as one. */
  unread: number;
  /** A FIN counts as one. */
  received: number;
  /** With what was sent again, without FINs. */
  sent: number;
  sentAgain: number;
  /** A FIN counts as one. */
  acked: number;
  /** Segments: all, and those with data. The SYN counts as one that came in, the SYN-ACK does not count. */
  segsOut: number;
  segsIn: number;
  dataSegsOut: number;
  dataSegsIn: number;
  /** Was anything sent a second time? */
  retransmitted: boolean;
  /** The kernel's number of the socket (SO_COOKIE), hexadecimal; absent without `-e`. */
  cookie?: string;
  /** Since it last sent or received data, or since it began; ms, in steps of the kernel's clock (1 to 10 ms). */
  lastSent: number;
  lastReceived: number;
}

const SPACE = 32;
const COLON = 58;

/** Undefined for a listener's own end, and for what is no such line. */
export function parseSocketEnd(line: string): SocketEnd | undefined {
  // State, Recv-Q, Send-Q, local, remote, and the rest.
  const at = { from: 0 };
  const state = word(line, at);
  const unread = Number(word(line, at));
  const waiting = Number(word(line, at));
  const local = end(word(line, at));
  const remote = end(word(line, at));
  if (state === '' || local === undefined || remote === undefined) return undefined;
  if (!Number.isInteger(unread) || !Number.isInteger(waiting)) return undefined;
  const wiped = remote.endsWith(':*');
  // A listener has nothing to send; what was wiped appears to have max_window + 2 bytes (tcp_disconnect).
  if (wiped && waiting < 2) return undefined;
  const socket: SocketEnd = {
    local,
    remote: wiped ? undefined : remote,
    unread,
    received: 0,
    sent: 0,
    sentAgain: 0,
    acked: 0,
    segsOut: 0,
    segsIn: 0,
    dataSegsOut: 0,
    dataSegsIn: 0,
    retransmitted: false,
    lastSent: 0,
    lastReceived: 0,
  };
  readFields(line, at.from, socket);
  return socket;
}

/** Of which names the first letter is. */
const READ = new Set(['b', 's', 'd', 'l', 'r'].map((letter) => letter.charCodeAt(0)));

/** In one pass: there may be thousands a second. What is 0 ss leaves out. */
function readFields(line: string, from: number, socket: SocketEnd): void {
  const { length } = line;
  for (let at = from; at < length; at += 1) {
    const start = at + 1;
    let colon = 0;
    for (at = start; at < length; at += 1) {
      const code = line.charCodeAt(at);
      if (code === SPACE) break;
      if (code === COLON && colon === 0) {
        if (!READ.has(line.charCodeAt(start))) continue;
        colon = at;
      }
    }
    if (colon > 0) setField(socket, line.slice(start, colon), line, colon + 1);
    at -= 1;
  }
}

function setField(socket: SocketEnd, name: string, line: string, at: number): void {
  switch (name) {
    case 'sk':
      socket.cookie = word(line, { from: at });
      break;
    case 'bytes_received':
      socket.received = number(line, at);
      break;
    case 'bytes_sent':
      socket.sent = number(line, at);
      break;
    case 'bytes_retrans':
      socket.sentAgain = number(line, at);
      break;
    case 'bytes_acked':
      socket.acked = number(line, at);
      break;
    case 'segs_out':
      socket.segsOut = number(line, at);
      break;
    case 'segs_in':
      socket.segsIn = number(line, at);
      break;
    case 'data_segs_out':
      socket.dataSegsOut = number(line, at);
      break;
    case 'data_segs_in':
      socket.dataSegsIn = number(line, at);
      break;
    case 'lastsnd':
      socket.lastSent = number(line, at);
      break;
    case 'lastrcv':
      socket.lastReceived = number(line, at);
      break;
    case 'retrans':
      socket.retransmitted = true;
      break;
  }
}

function word(line: string, at: { from: number }): string {
  let from = at.from;
  while (line.charCodeAt(from) === SPACE) from += 1;
  const space = line.indexOf(' ', from);
  at.from = space < 0 ? line.length : space;
  return line.slice(from, at.from);
}

/** An end without its interface, and without what maps IPv4 into IPv6. */
function end(text: string): string | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  let host = text.slice(0, colon);
  const scope = host.indexOf('%');
  if (scope >= 0) host = host.slice(0, scope);
  if (host.startsWith('[::ffff:') && host.includes('.')) host = host.slice(8, -1);
  return host + text.slice(colon);
}

function number(line: string, from: number): number {
  let value = 0;
  for (let at = from; ; at += 1) {
    const digit = line.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

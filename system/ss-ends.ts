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
  /** The kernel's number of the socket (SO_COOKIE), hexadecimal; undefined without `-e`. */
  cookie: string | undefined;
  /** Since it last sent or received data, or since it began; ms, in steps of the kernel's clock (1 to 10 ms). */
  lastSent: number;
  lastReceived: number;
}

const SPACE = 32;

/** Those in a text of whole lines, in their order; without a listener's own end, and without what is no such line. */
export function socketEndsIn(text: string): SocketEnd[] {
  const ends: SocketEnd[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    const end = socketEndIn(text, from, to);
    if (end) ends.push(end);
    from = to + 1;
  }
  return ends;
}

/** In place, and in one pass: there may be thousands a second. */
function socketEndIn(text: string, from: number, to: number): SocketEnd | undefined {
  // State, Recv-Q, Send-Q, local, remote, and the rest.
  const unreadAt = nextWord(text, from);
  const waitingAt = nextWord(text, unreadAt);
  const localAt = nextWord(text, waitingAt);
  const remoteAt = nextWord(text, localAt);
  if (remoteAt >= to || !isDigit(text, unreadAt) || !isDigit(text, waitingAt)) return undefined;
  const local = hostAndPort(text.slice(localAt, wordEnd(text, localAt, to)));
  const remote = hostAndPort(text.slice(remoteAt, wordEnd(text, remoteAt, to)));
  if (local === undefined || remote === undefined) return undefined;
  const wiped = remote.endsWith(':*');
  // A listener has nothing to send; what was wiped appears to have max_window + 2 bytes (tcp_disconnect).
  if (wiped && number(text, waitingAt) < 2) return undefined;
  const socket: SocketEnd = {
    local,
    remote: wiped ? undefined : remote,
    unread: number(text, unreadAt),
    received: 0,
    sent: 0,
    sentAgain: 0,
    acked: 0,
    segsOut: 0,
    segsIn: 0,
    dataSegsOut: 0,
    dataSegsIn: 0,
    retransmitted: false,
    cookie: undefined,
    lastSent: 0,
    lastReceived: 0,
  };
  for (let at = nextWord(text, remoteAt); at < to; at = nextWord(text, at)) readField(socket, text, at, to);
  return socket;
}

/** The field whose name begins there, if it is wanted; what is 0 ss leaves out. By the first letter, since most are not. */
function readField(socket: SocketEnd, text: string, at: number, to: number): void {
  switch (text.charAt(at)) {
    case 'b':
      if (text.startsWith('bytes_received:', at)) socket.received = number(text, at + 15);
      else if (text.startsWith('bytes_sent:', at)) socket.sent = number(text, at + 11);
      else if (text.startsWith('bytes_acked:', at)) socket.acked = number(text, at + 12);
      else if (text.startsWith('bytes_retrans:', at)) socket.sentAgain = number(text, at + 14);
      break;
    case 's':
      if (text.startsWith('segs_out:', at)) socket.segsOut = number(text, at + 9);
      else if (text.startsWith('segs_in:', at)) socket.segsIn = number(text, at + 8);
      else if (text.startsWith('sk:', at)) socket.cookie = text.slice(at + 3, wordEnd(text, at, to));
      break;
    case 'd':
      if (text.startsWith('data_segs_out:', at)) socket.dataSegsOut = number(text, at + 14);
      else if (text.startsWith('data_segs_in:', at)) socket.dataSegsIn = number(text, at + 13);
      break;
    case 'l':
      if (text.startsWith('lastsnd:', at)) socket.lastSent = number(text, at + 8);
      else if (text.startsWith('lastrcv:', at)) socket.lastReceived = number(text, at + 8);
      break;
    case 'r':
      if (text.startsWith('retrans:', at)) socket.retransmitted = true;
      break;
  }
}

/** Where the next word begins; behind the line where there is none. */
function nextWord(text: string, from: number): number {
  let at = text.indexOf(' ', from);
  if (at < 0) return text.length;
  while (text.charCodeAt(at) === SPACE) at += 1;
  return at;
}

function wordEnd(text: string, from: number, to: number): number {
  const space = text.indexOf(' ', from);
  return space < 0 || space > to ? to : space;
}

/** An end without its interface, and without what maps IPv4 into IPv6. */
function hostAndPort(text: string): string | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  if (!text.startsWith('[') && !text.includes('%')) return text;
  let host = text.slice(0, colon);
  const scope = host.indexOf('%');
  if (scope >= 0) host = host.slice(0, scope);
  if (host.startsWith('[::ffff:') && host.includes('.')) host = host.slice(8, -1);
  return host + text.slice(colon);
}

function isDigit(text: string, at: number): boolean {
  const digit = text.charCodeAt(at) - 48;
  return digit >= 0 && digit <= 9;
}

function number(text: string, from: number): number {
  let value = 0;
  for (let at = from; ; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

import { BRACKET, COLON, isDigit, NEWLINE, numberAt, PERCENT, SPACE } from './ascii.ts';

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

/**
 * Was it a second child socket of one handshake, which the kernel throws away? The kernel makes a child for each ACK that completes a
 * handshake, on two processors sometimes two at once, and only one of them becomes the connection (net/ipv4/inet_connection_sock.c
 * inet_csk_complete_hashdance, net/ipv4/syncookies.c tcp_get_cookie_sock). The other child has the same addresses and ports. It has counted
 * the SYN (net/ipv4/tcp_minisocks.c tcp_create_openreq_child), but never that ACK (tcp_child_process).
 */
export function wasThrownAway({ remote, segsIn, segsOut, received }: SocketEnd): boolean {
  return remote !== undefined && segsIn === 1 && segsOut === 0 && received === 0;
}

/**
 * Those in a text of whole lines, in their order; without a listener's own end, and without what is no such line. By its bytes, in
 * place: there may be thousands a second, and strings cut from a text would keep all of it.
 */
export function socketEndsIn(text: Buffer): SocketEnd[] {
  const ends: SocketEnd[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf(NEWLINE, from);
    const to = newline < 0 ? text.length : newline;
    const end = socketEndIn(text, from, to);
    if (end) ends.push(end);
    from = to + 1;
  }
  return ends;
}

function socketEndIn(text: Buffer, from: number, to: number): SocketEnd | undefined {
  // State, Recv-Q, Send-Q, local, remote, and the rest.
  const unreadAt = nextWord(text, from, to);
  const waitingAt = nextWord(text, unreadAt, to);
  const localAt = nextWord(text, waitingAt, to);
  const remoteAt = nextWord(text, localAt, to);
  if (remoteAt >= to || !isDigit(text[unreadAt]) || !isDigit(text[waitingAt])) return undefined;
  const local = hostAndPort(text, localAt, to);
  const remote = hostAndPort(text, remoteAt, to);
  if (local === undefined || remote === undefined) return undefined;
  const wiped = remote.endsWith(':*');
  // A listener has nothing to send; what was wiped appears to have max_window + 2 bytes (tcp_disconnect).
  if (wiped && numberAt(text, waitingAt, to) < 2) return undefined;
  const socket: SocketEnd = {
    local,
    remote: wiped ? undefined : remote,
    unread: numberAt(text, unreadAt, to),
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
  for (let at = nextWord(text, remoteAt, to); at < to; at = nextWord(text, at, to))
    readField(socket, text, at, to);
  return socket;
}

const name = (text: string) => Buffer.from(`${text}:`, 'latin1');
const RECEIVED = name('bytes_received');
const SENT = name('bytes_sent');
const SENT_AGAIN = name('bytes_retrans');
const ACKED = name('bytes_acked');
const SEGS_OUT = name('segs_out');
const SEGS_IN = name('segs_in');
const DATA_SEGS_OUT = name('data_segs_out');
const DATA_SEGS_IN = name('data_segs_in');
const LAST_SENT = name('lastsnd');
const LAST_RECEIVED = name('lastrcv');
const RETRANSMITTED = name('retrans');
const COOKIE = name('sk');

/** The field whose name begins there, if it is wanted; what is 0 ss leaves out. By the first letter, since most are not. */
function readField(socket: SocketEnd, text: Buffer, at: number, to: number): void {
  const value = (name: Buffer) => numberAt(text, at + name.length, to);
  switch (text[at]) {
    case LETTER.b:
      if (is(RECEIVED, text, at)) socket.received = value(RECEIVED);
      else if (is(SENT, text, at)) socket.sent = value(SENT);
      else if (is(ACKED, text, at)) socket.acked = value(ACKED);
      else if (is(SENT_AGAIN, text, at)) socket.sentAgain = value(SENT_AGAIN);
      break;
    case LETTER.s:
      if (is(SEGS_OUT, text, at)) socket.segsOut = value(SEGS_OUT);
      else if (is(SEGS_IN, text, at)) socket.segsIn = value(SEGS_IN);
      else if (is(COOKIE, text, at))
        socket.cookie = text.toString('latin1', at + COOKIE.length, wordEnd(text, at, to));
      break;
    case LETTER.d:
      if (is(DATA_SEGS_OUT, text, at)) socket.dataSegsOut = value(DATA_SEGS_OUT);
      else if (is(DATA_SEGS_IN, text, at)) socket.dataSegsIn = value(DATA_SEGS_IN);
      break;
    case LETTER.l:
      if (is(LAST_SENT, text, at)) socket.lastSent = value(LAST_SENT);
      else if (is(LAST_RECEIVED, text, at)) socket.lastReceived = value(LAST_RECEIVED);
      break;
    case LETTER.r:
      if (is(RETRANSMITTED, text, at)) socket.retransmitted = true;
      break;
  }
}

const LETTER = { b: 98, d: 100, l: 108, r: 114, s: 115 } as const;

/** Does that name begin there? */
function is(name: Buffer, text: Buffer, at: number): boolean {
  for (let index = 0; index < name.length; index += 1) if (text[at + index] !== name[index]) return false;
  return true;
}

/** Where the next word begins; the line's end where there is none. */
function nextWord(text: Buffer, from: number, to: number): number {
  let at = wordEnd(text, from, to);
  while (at < to && text[at] === SPACE) at += 1;
  return at;
}

function wordEnd(text: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && text[at] !== SPACE) at += 1;
  return at;
}

/** The end that begins there, without its interface, and without what maps IPv4 into IPv6; undefined where it has no port. */
function hostAndPort(text: Buffer, from: number, to: number): string | undefined {
  const end = wordEnd(text, from, to);
  let colon = end - 1;
  while (colon >= from && text[colon] !== COLON) colon -= 1;
  if (colon < from) return undefined;
  let scope = from;
  while (scope < colon && text[scope] !== PERCENT) scope += 1;
  if (text[from] !== BRACKET && scope === colon) return text.toString('latin1', from, end);
  const host = text.toString('latin1', from, scope);
  const port = text.toString('latin1', colon, end);
  const isMapped = host.startsWith('[::ffff:') && host.includes('.');
  return (isMapped ? host.slice(8, -1) : host) + port;
}

import { defined } from '../../../../common/defined.ts';
import type { ConnectionLine, Told } from '../../../../protocol/connection-events.ts';
import type { SocketEnd } from '../../../../system/ss-ends.ts';
import type { Known } from './known.ts';

/** An end that `ss -E` told of, with all that is known beside it. Moments are ms since the epoch. */
export interface ToldEnd {
  end: SocketEnd;
  /** When its line was read, and the earliest moment at which it can have been written. */
  at: number;
  from: number;
  /** What the table has shown of it. */
  known?: Known | undefined;
  /** Where it has shown nothing: the beginning of the last look, which did not show it. */
  since?: number | undefined;
  /** Whose TIME_WAIT, or FIN_WAIT2 that no file has, stood in the table afterwards. */
  left?: { by: 'server' | 'client'; state: number; seen: number };
  /** The process that has all connections of this server. */
  pid?: number | undefined;
}

/** A step of the kernel's clock, at most (HZ=100). */
const TICK = 10;
const FIN_WAIT2 = 5;

interface Range {
  from: number;
  to: number;
}

function told<T>(is: T, by: Told<T>['by'], within = 0): Told<T> {
  return within > 0 ? { is, by, within: Math.round(within) } : { is, by };
}

/** A range as what it may have been at most, and so much less. */
function bracket({ from, to }: Range, by: Told<number>['by']): Told<number> {
  return told(Math.round(to), by, Math.max(0, Math.round(to) - Math.floor(from)));
}

/** The connection that ended so. */
export function lineOfEnd(ended: ToldEnd): ConnectionLine {
  const { end, at, known, pid } = ended;
  const line: ConnectionLine = {
    event: 'connection',
    at,
    local: known?.local ?? end.local,
    ...defined({ cookie: end.cookie }),
  };
  if (end.remote === undefined) return wipedLine(line, ended);
  line.remote = end.remote;
  const sent = Math.max(0, end.sent - end.sentAgain);
  const finAcked = end.acked > sent;
  const fin = clientFin(ended);
  const first = firstEnd(ended, fin, finAcked);
  const closed = closedIn(ended, first);
  const complete = completeIn(ended, sent);
  if (complete) line.complete = bracket(complete.range, complete.by);
  // A connection that nobody accepts is freed by its listener's end alone, which wipes it (inet_connection_sock.c inet_child_forget).
  line.accepted = told(true, 'ss -E');
  const wait = waitOf(known);
  if (wait) line.wait = wait;
  if (pid !== undefined) line.pid = told(pid, 'port table');
  line.closed = bracket(closed, first?.seen === undefined ? 'ss -E' : 'port table');
  if (first) line.closedBy = told(first.by, first.witness);
  if (first?.how) line.how = told(first.how, first.witness);
  if (first?.reset) line.reset = told(first.reset, 'ss -E');
  if (complete) line.age = ageOf(complete.range, closed, complete.by);
  if (end.dataSegsIn > 0) line.silentIn = told(end.lastReceived, 'ss -E');
  if (sent > 0) line.silentOut = told(end.lastSent, 'ss -E');
  line.received = withoutFin(end.received, fin);
  line.sent = told(sent, 'ss -E');
  line.unread = withoutFin(end.unread, fin);
  line.finAcked = told(finAcked, 'ss -E');
  return line;
}

/** The kernel had wiped it (tcp_disconnect): nothing is left but that it was cut by this side, with an RST. */
function wipedLine(line: ConnectionLine, ended: ToldEnd): ConnectionLine {
  const { known, at, from, pid } = ended;
  const closed = { from, to: at };
  return {
    ...line,
    ...(known === undefined ? {} : ofTable(known, closed, pid)),
    closed: bracket(closed, 'ss -E'),
    reset: told('server', 'ss -E'),
  };
}

/** A connection that has not ended, or of whose end nothing more is known than that the table does not show it any more. */
export function lineOfKnown(known: Known, at: number, pid?: number): ConnectionLine {
  const { ended, vanished } = known;
  const line = { event: 'connection', at, local: known.local } as const;
  const to = ended?.seen ?? vanished;
  if (to === undefined) return { ...line, open: true, ...ofTable(known, undefined, pid) };
  const closed = { from: Math.min(known.open, to), to };
  return {
    ...line,
    // The client has closed, and the server has it all the same.
    ...(ended?.by === 'client' && vanished === undefined ? { open: true as const } : {}),
    ...ofTable(known, closed, pid),
    closed: bracket(closed, 'port table'),
    ...(ended && { closedBy: told(ended.by, 'port table'), how: told('FIN' as const, 'port table') }),
  };
}

/** What the table alone knows of one. */
function ofTable(known: Known, closed?: Range, pid?: number): Partial<ConnectionLine> {
  const { since, seen, taken, queued, vanished } = known;
  const complete = since === undefined ? undefined : { from: since, to: seen };
  // Where it has gone it may have been accepted after the last look that showed it.
  const accepted = taken !== undefined ? true : queued !== undefined && !vanished ? false : undefined;
  return {
    remote: known.remote,
    ...defined({
      complete: complete && bracket(complete, 'port table'),
      accepted: accepted === undefined ? undefined : told(accepted, 'port table'),
      wait: waitOf(known),
      pid: accepted && pid !== undefined ? told(pid, 'port table') : undefined,
      age: complete && closed && ageOf(complete, closed, 'port table'),
    }),
  };
}

/** Was the client's FIN counted by this socket? Undefined: it cannot be known. */
function clientFin({ end, known, left }: ToldEnd): boolean | undefined {
  if (known?.clientFin) return true;
  if (end.received === 0) return false;
  if (end.dataSegsIn === 0) return true;
  // The kernel's own clock has taken the socket's place before the client's FIN came (net/ipv4/tcp.c __tcp_close).
  if (left?.by === 'server' && left.state === FIN_WAIT2) return false;
  return undefined;
}

function withoutFin(bytes: number, fin: boolean | undefined): Told<number> {
  if (bytes === 0 || fin === false) return told(bytes, 'ss -E');
  return fin ? told(bytes - 1, 'ss -E') : told(bytes, 'ss -E', 1);
}

interface FirstEnd {
  by: 'server' | 'client';
  how?: 'FIN' | 'RST';
  reset?: 'server';
  witness: Told<unknown>['by'];
  /** When the table was seen to show it. */
  seen?: number;
  /** The socket was freed at that moment. */
  atOnce?: boolean;
}

/**
 * Whose end came first, where that is certain. Bytes that nobody read make the kernel answer close(2) with an RST
 * (net/ipv4/tcp.c __tcp_close), unless the client's RST had come before; so segments are counted: this side has sent none
 * without data, or the client none.
 */
function firstEnd(
  { end, known, left }: ToldEnd,
  fin: boolean | undefined,
  finAcked: boolean,
): FirstEnd | undefined {
  const unread = end.unread - (fin && end.unread > 0 ? 1 : 0);
  // The SYN, and the ACK that ends the handshake.
  const controlIn = end.segsIn - 2 - end.dataSegsIn;
  const controlOut = end.segsOut - end.dataSegsOut;
  const cutUnread = unread > (fin === undefined ? 1 : 0) && !finAcked && controlOut > 0;
  const seen = known?.ended;
  if (seen) {
    const reset = cutUnread && controlIn <= (seen.by === 'client' ? 1 : 0);
    return {
      by: seen.by,
      how: 'FIN',
      witness: 'port table',
      seen: seen.seen,
      ...(reset && { reset: 'server' }),
    };
  }
  if (left) return { by: left.by, how: 'FIN', witness: 'port table' };
  // It was freed when its FIN was acknowledged, and the client's had not come.
  if (finAcked && fin === false) return { by: 'server', how: 'FIN', witness: 'ss -E' };
  if (cutUnread && controlIn <= 0)
    return { by: 'server', how: 'RST', reset: 'server', witness: 'ss -E', atOnce: true };
  if (!finAcked && controlOut === 0 && !end.retransmitted)
    return { by: 'client', ...(fin === false && { how: 'RST' }), witness: 'ss -E' };
  return undefined;
}

/** When its first end came: whoever has closed sends no data after it. */
function closedIn({ end, at, from, known, since }: ToldEnd, first: FirstEnd | undefined): Range {
  const to = Math.min(first?.seen ?? at, at);
  if (first?.atOnce) return { from: Math.min(from, to), to };
  const silent =
    first?.by === 'client' ? end.lastReceived
    : first?.by === 'server' ? end.lastSent
    : Math.max(end.lastSent, end.lastReceived); // biome-ignore format: one case each
  return { from: Math.min(to, Math.max(from - silent - TICK, known?.open ?? since ?? 0)), to };
}

/** When its handshake was complete. What has never sent or received shows the time since then (tcp_create_openreq_child). */
function completeIn(
  { end, at, from, known, since }: ToldEnd,
  sent: number,
): { range: Range; by: Told<number>['by'] } | undefined {
  const table = known
    ? known.since === undefined
      ? undefined
      : { from: known.since, to: known.seen }
    : undefined;
  const seen = table ?? (known === undefined && since !== undefined ? { from: since, to: at } : undefined);
  if (seen === undefined) return undefined;
  const age = sent === 0 ? end.lastSent : end.dataSegsIn === 0 ? end.lastReceived : undefined;
  if (age !== undefined) {
    const range = { from: Math.max(seen.from, from - age - TICK), to: Math.min(seen.to, at - age + TICK) };
    if (range.from <= range.to && range.to - range.from < seen.to - seen.from) return { range, by: 'ss -E' };
  }
  return { range: seen, by: 'port table' };
}

function ageOf(complete: Range, closed: Range, by: Told<number>['by']): Told<number> {
  const most = Math.max(0, closed.to - complete.from);
  return bracket({ from: Math.max(0, closed.from - complete.to), to: most }, by);
}

/** From the handshake until accept(2), where both were seen. */
function waitOf(known: Known | undefined): Told<number> | undefined {
  if (known?.since === undefined || known.taken === undefined) return undefined;
  const least = Math.max(0, (known.queued ?? known.seen) - known.seen);
  return bracket({ from: least, to: known.taken - known.since }, 'port table');
}

import type { Witness } from '../../../../protocol/connection-events.ts';
import {
  type Column,
  type ConnectionColumns,
  type ConnectionRow,
  columnsOf,
  numberColumn,
  rowOfColumns,
  textColumn,
  truthColumn,
} from '../../../../protocol/connection-rows.ts';
import { TCP } from '../../../../system/proc/tcp-rows.ts';
import type { SocketEnd } from '../../../../system/ss-ends.ts';
import type { Known } from './known.ts';

/** An end that `ss -E` told of, with all that is known beside it. Moments are ms since the epoch. */
export interface ToldEnd {
  end: SocketEnd;
  /** When its line was read, and the earliest moment at which it can have been written. */
  at: number;
  from: number;
  /** What the table has shown of it. */
  known: Known | undefined;
  /** Where it has shown nothing: the beginning of the last look, which did not show it. */
  since: number | undefined;
  /** Whose TIME_WAIT, or FIN_WAIT2 that no file has, stood in the table afterwards. */
  left: { by: 'server' | 'client'; state: number; seen: number } | undefined;
  /** The process that has all connections of this server. */
  pid: number | undefined;
}

/** A step of the kernel's clock, at most (HZ=100). */
const TICK = 10;

interface Range {
  from: number;
  to: number;
}

/** A range as what it may have been at most, and so much less. */
function bracket({ from, to }: Range, by: Witness): Column {
  const within = Math.round(to) - Math.floor(from);
  return numberColumn(by, Math.round(to), within > 0 ? within : undefined);
}

/** The connection that ended so. */
export function rowOfEnd(ended: ToldEnd): ConnectionRow {
  const { end, at, known, pid } = ended;
  const row = columnsOf(known?.local ?? end.local, at, end.remote, end.cookie);
  if (end.remote === undefined) return wipedRow(row, ended);
  const sent = Math.max(0, end.sent - end.sentAgain);
  const finAcked = end.acked > sent;
  const fin = clientFin(ended);
  const first = firstEnd(ended, fin, finAcked);
  const closed = closedIn(ended, first);
  const complete = completeIn(ended, sent);
  // A connection that nobody accepts is freed by its listener's end alone, which wipes it (inet_connection_sock.c inet_child_forget).
  row.accepted = truthColumn('ss -E', true);
  row.wait = waitOf(known, at);
  if (pid !== undefined) row.pid = numberColumn('port table', pid);
  row.closed = bracket(closed, first?.seen === undefined ? 'ss -E' : 'port table');
  if (first) row.closedBy = textColumn(first.witness, first.by);
  if (first?.how) row.how = textColumn(first.witness, first.how);
  if (first?.reset) row.reset = textColumn('ss -E', first.reset);
  if (complete) {
    row.complete = bracket(complete.range, complete.by);
    row.age = ageAtFree(ended, first, sent) ?? ageOf(complete.range, closed, complete.by);
  }
  if (end.dataSegsIn > 0) row.silentIn = numberColumn('ss -E', end.lastReceived);
  if (sent > 0) row.silentOut = numberColumn('ss -E', end.lastSent);
  row.received = withoutFin(end.received, fin);
  row.sent = numberColumn('ss -E', sent);
  row.unread = withoutFin(end.unread, fin);
  row.finAcked = truthColumn('ss -E', finAcked);
  return rowOfColumns(row);
}

/** The kernel had wiped it (tcp_disconnect): nothing is left but that it was cut by this side, with an RST. */
function wipedRow(row: ConnectionColumns, { known, at, from, pid }: ToldEnd): ConnectionRow {
  const closed = { from, to: at };
  if (known) fillByTable(row, known, closed, pid);
  row.closed = bracket(closed, 'ss -E');
  row.reset = textColumn('ss -E', 'server');
  return rowOfColumns(row);
}

/** A connection that has not ended, or of whose end nothing more is known than that the table does not show it any more. */
export function rowOfKnown(known: Known, at: number, pid?: number): ConnectionRow {
  const { ended, vanished } = known;
  const row = columnsOf(known.local, at);
  const to = ended?.seen ?? vanished;
  // Where the client has closed the server may have it all the same.
  row.open = to === undefined || (ended?.by === 'client' && vanished === undefined);
  const closed = to === undefined ? undefined : { from: Math.min(known.open, to), to };
  fillByTable(row, known, closed, pid);
  if (closed) row.closed = bracket(closed, 'port table');
  if (ended) {
    row.closedBy = textColumn('port table', ended.by);
    row.how = textColumn('port table', 'FIN');
  }
  return rowOfColumns(row);
}

/** What the table alone knows of one. */
function fillByTable(
  row: ConnectionColumns,
  known: Known,
  closed: Range | undefined,
  pid: number | undefined,
): void {
  const { since, seen, taken, queued, vanished } = known;
  const complete = since === undefined ? undefined : { from: since, to: seen };
  row.remote = known.remote;
  row.wait = waitOf(known);
  // Where it has gone it may have been accepted after the last look that showed it.
  const accepted = taken !== undefined ? true : queued !== undefined && !vanished ? false : undefined;
  if (accepted !== undefined) row.accepted = truthColumn('port table', accepted);
  if (accepted && pid !== undefined) row.pid = numberColumn('port table', pid);
  if (complete) row.complete = bracket(complete, 'port table');
  if (complete && closed) row.age = ageOf(complete, closed, 'port table');
}

/** Was the client's FIN counted by this socket? Undefined: it cannot be known. */
function clientFin({ end, known, left }: ToldEnd): boolean | undefined {
  if (known?.clientFin) return true;
  if (end.received === 0) return false;
  if (end.dataSegsIn === 0) return true;
  // The kernel's own clock has taken the socket's place before the client's FIN came (net/ipv4/tcp.c __tcp_close).
  if (left?.by === 'server' && left.state === TCP.FIN_WAIT2) return false;
  return undefined;
}

function withoutFin(bytes: number, fin: boolean | undefined): Column {
  if (bytes === 0 || fin === false) return numberColumn('ss -E', bytes);
  return fin ? numberColumn('ss -E', bytes - 1) : numberColumn('ss -E', bytes, 1);
}

interface FirstEnd {
  by: 'server' | 'client';
  how?: 'FIN' | 'RST';
  reset?: 'server';
  witness: Witness;
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
): { range: Range; by: Witness } | undefined {
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

function ageOf(complete: Range, closed: Range, by: Witness): Column {
  const most = Math.max(0, closed.to - complete.from);
  return bracket({ from: Math.max(0, closed.from - complete.to), to: most }, by);
}

/** So late a client acknowledges a FIN that it does not answer (include/net/tcp.h TCP_DELACK_MIN, and a step of the clock). */
const FIN_ACK_MS = 50;

/**
 * What has never sent or received knows its own age, at the moment at which it is freed: of a server that closes, when its FIN is
 * acknowledged (net/ipv4/tcp_input.c tcp_rcv_state_process, tcp_time_wait). Undefined: it was seen closed before, or has spoken.
 */
function ageAtFree({ end }: ToldEnd, first: FirstEnd | undefined, sent: number): Column | undefined {
  if (first?.by !== 'server' || first.how !== 'FIN' || first.seen !== undefined) return undefined;
  const age = sent === 0 ? end.lastSent : end.dataSegsIn === 0 ? end.lastReceived : undefined;
  // A difference of two readings of jiffies: up to a step less than it was.
  return age === undefined
    ? undefined
    : bracket({ from: Math.max(0, age - FIN_ACK_MS), to: age + TICK }, 'ss -E');
}

/**
 * From the handshake until accept(2), where both were seen; else ''. One that no look has shown after it was taken was taken between the last
 * that showed it in the queue and `freed`, by when it is known to have been accepted and gone.
 */
function waitOf(known: Known | undefined, freed?: number): Column {
  if (known?.since === undefined) return '';
  const { since, seen, queued } = known;
  const taken = known.taken ?? (queued === undefined ? undefined : freed);
  if (taken === undefined) return '';
  const least = Math.max(0, (queued ?? seen) - seen);
  return bracket({ from: least, to: taken - since }, 'port table');
}

import { closeSync, openSync, readSync } from 'node:fs';
import { COLON, isDigit, NEWLINE, numberAt, SPACE } from '../ascii.ts';

/** States of a socket, as the kernel numbers them (include/net/tcp_states.h). */
export const TCP = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
  NEW_SYN_RECV: 12,
} as const;

/** A connection in /proc/net/tcp or tcp6. */
export interface TcpRow {
  /** Both ends as the kernel prints them: `0100007F:1F90 0100007F:C001`. */
  key: string;
  state: number;
  /** 0: no file has it. */
  inode: number;
  /** Bytes received and not read, a FIN among them as one (net/ipv4/tcp_ipv4.c get_tcp4_sock); absent: none. */
  unread?: number;
}

/** The connections of a local port. */
export interface PortRows {
  /** All but listeners and those that nothing but the kernel's own clock ends any more (TIME_WAIT, FIN_WAIT2 without a file). */
  rows: TcpRow[];
  /** How many of the latter there are. */
  timeWait: number;
  /** Of these the ones that were asked for, and such ones on the other end's side, where that is in the same namespace. */
  letGo: { key: string; state: number; side: 'server' | 'client' }[];
}

/** Large enough for a few thousand rows; grows when it has to, and is used again. */
let page = Buffer.allocUnsafe(1 << 18);

/**
 * The rows of `port` in files such as /proc/self/net/tcp (net/ipv4/tcp_ipv4.c tcp4_seq_show, net/ipv6/tcp_ipv6.c tcp6_seq_show).
 * `wanted`, by the other end's port, says which of those in TIME_WAIT are given. None of a file that is not there.
 */
export function readPortRows(paths: readonly string[], port: number, wanted?: Uint8Array): PortRows {
  const found: PortRows = { rows: [], timeWait: 0, letGo: [] };
  for (const path of paths) {
    const length = readInto(path);
    addRows(found, page, length, port, wanted);
  }
  return found;
}

/** The same from the text of such files. */
export function parsePortRows(text: string, port: number, wanted?: Uint8Array): PortRows {
  const found: PortRows = { rows: [], timeWait: 0, letGo: [] };
  const bytes = Buffer.from(text, 'latin1');
  addRows(found, bytes, bytes.length, port, wanted);
  return found;
}

/** Reads a file into the page; gives its length. */
function readInto(path: string): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return 0;
  }
  try {
    for (let length = 0; ; ) {
      if (page.length - length < 1 << 16) page = Buffer.concat([page], page.length * 2);
      const read = readSync(file, page, length, page.length - length, null);
      if (read === 0) return length;
      length += read;
    }
  } catch {
    // The process whose folder it is has gone.
    return 0;
  } finally {
    closeSync(file);
  }
}

/** By their bytes, since there may be many thousands: of most rows only the ports and the state are looked at. */
function addRows(found: PortRows, text: Buffer, length: number, port: number, wanted?: Uint8Array): void {
  const ours = Buffer.from(port.toString(16).toUpperCase().padStart(4, '0'), 'latin1');
  const is = (at: number) =>
    text[at] === ours[0] && text[at + 1] === ours[1] && text[at + 2] === ours[2] && text[at + 3] === ours[3];
  for (let line = 0; line < length; ) {
    let at = line;
    while (text[at] === SPACE) at += 1;
    while (isDigit(text[at])) at += 1;
    at += 2;
    const width = text[at + 8] === COLON ? 8 : text[at + 32] === COLON ? 32 : 0;
    const end = at + 2 * width + 11;
    const next = text.indexOf(NEWLINE, Math.min(end, length));
    if (width > 0 && end + 40 < length && text[end] === SPACE) {
      const local = is(at + width + 1);
      if (local || (wanted && is(at + 2 * width + 7))) {
        const state = hex(text, end + 1, 2);
        if (state !== TCP.LISTEN) {
          const orphan = state === TCP.TIME_WAIT || state === TCP.FIN_WAIT2;
          const inode = local || orphan ? inodeAt(text, end + 43) : 0;
          if (orphan && inode === 0) {
            if (local) found.timeWait += 1;
            const other = local ? at + 2 * width + 7 : at + width + 1;
            if (wanted?.[hex(text, other, 4)])
              found.letGo.push({
                key: text.toString('latin1', at, end),
                state,
                side: local ? 'server' : 'client',
              });
          } else if (local) {
            const unread = hex(text, end + 13, 8);
            const row = { key: text.toString('latin1', at, end), state, inode };
            found.rows.push(unread > 0 ? { ...row, unread } : row);
          }
        }
      }
    }
    if (next < 0 || next >= length) return;
    line = next + 1;
  }
}

/** After uid and timeout, whose widths vary. */
function inodeAt(text: Buffer, from: number): number {
  let at = from;
  for (let field = 0; field < 2; field += 1) {
    while (text[at] === SPACE) at += 1;
    while (text[at] !== SPACE && at < text.length) at += 1;
  }
  while (text[at] === SPACE) at += 1;
  return numberAt(text, at, text.length);
}

/** Of upper case digits; a large number where there are others. */
function hex(text: Buffer, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at += 1) {
    const byte = text[at] as number;
    value = value * 16 + (byte >= 65 ? byte - 55 : byte - 48);
  }
  return value;
}

/** Both ends of a row as people write them: `127.0.0.1:8080`, `[::1]:8080`; a mapped IPv4 address as IPv4. */
export function endsOf(key: string): { local: string; remote: string } {
  const middle = (key.length - 1) / 2;
  return { local: endOf(key.slice(0, middle)), remote: endOf(key.slice(middle + 1)) };
}

const MAPPED = '0000000000000000FFFF0000';

function endOf(text: string): string {
  const host = text.slice(0, -5);
  const port = Number.parseInt(text.slice(-4), 16);
  const four = host.length === 8 ? host : host.startsWith(MAPPED) ? host.slice(MAPPED.length) : undefined;
  return `${four === undefined ? `[${addressOf(host)}]` : addressOf(four)}:${port}`;
}

/** An address as the kernel prints it there: words of 32 bits, each in the machine's own byte order (all of ours: low byte first). */
export function addressOf(digits: string): string {
  if (digits.length === 8) {
    const word = Number.parseInt(digits, 16);
    return `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`;
  }
  const bytes = (digits.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at]}${bytes[2 * at + 1]}`);
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

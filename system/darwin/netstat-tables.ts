import type { Counters } from '../counters.ts';

/** The first column that is a figure. Before it, a row may have no address, or one of several words. */
const FIRST = 'Ipkts';

/**
 * `netstat -i`, or `-I lo0`, with or without -b and -d: figures of each interface by the heading above them, as `darwin lo0 Ierrs`. Only the
 * link's own row is read: the others repeat it for each address. Undefined for other text.
 */
export function parseInterfaces(text: string): Counters | undefined {
  const counters: Counters = {};
  let columns: readonly string[] | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'Name' && words.includes(FIRST)) columns = words.slice(words.indexOf(FIRST));
    else if (columns && words[2]?.startsWith('<Link#')) {
      const name = (words[0] as string).replace(/\*$/, '');
      for (const [column, value] of figures(words, columns)) counters[`darwin ${name} ${column}`] = value;
    }
  }
  return Object.keys(counters).length > 0 ? counters : undefined;
}

/** Counted from the end of the row. A `-` is no figure; a row that is too short has none. */
function figures(words: readonly string[], columns: readonly string[]): [string, number][] {
  const cells = words.slice(3).slice(-columns.length);
  if (cells.length < columns.length) return [];
  return columns.flatMap((column, index) => {
    const cell = cells[index] as string;
    return /^\d+$/.test(cell) && Number.isSafeInteger(Number(cell)) ? [[column, Number(cell)]] : [];
  });
}

/** A listener's queue (struct socket: so_qlen, so_incqlen, so_qlimit). */
export interface ListenQueue {
  /** Half-open and complete. */
  qlen: number;
  /** Half-open. */
  incqlen: number;
  /** May be negative: then every SYN is dropped. */
  maxqlen: number;
}

/**
 * The queue of the listener on `port` from `netstat -Lan` (network_cmds netstat.tproj/inet.c protopr): `128/0/128  127.0.0.1.8080`. The
 * port is what follows the last dot. Of several the fullest; undefined when there is none.
 */
export function parseListenQueue(text: string, port: number): ListenQueue | undefined {
  let fullest: ListenQueue | undefined;
  for (const line of text.split('\n')) {
    const match = /(?:^|\s)(-?\d{1,9})\/(-?\d{1,9})\/(-?\d{1,9})\s+\S*\.(\d{1,5})\s*$/.exec(line);
    if (match === null || Number(match[4]) !== port) continue;
    const [qlen, incqlen, maxqlen] = match.slice(1, 4).map(Number) as [number, number, number];
    if (fullest === undefined || qlen > fullest.qlen) fullest = { qlen, incqlen, maxqlen };
  }
  return fullest;
}

/**
 * Local ports in use, from `netstat -an -p tcp` (network_cmds netstat.tproj/inet.c inetprint): `tcp4 0 0 127.0.0.1.49152 127.0.0.1.8080
 * TIME_WAIT`. The port is what follows the last dot of the first address. By white space: widths of heading and rows differ.
 */
export function parseLocalPorts(text: string): Set<number> {
  const ports = text.matchAll(/^[^\S\n]*tcp\S*[^\S\n]+\d+[^\S\n]+\d+[^\S\n]+\S+\.(\d{1,5})[^\S\n]+\S+/gm);
  return new Set([...ports].map(([, port]) => Number(port)));
}

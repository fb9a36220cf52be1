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

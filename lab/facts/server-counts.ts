import type { ObservedLine } from '../../protocol/observer-events.ts';

/** The total growth of a counter at each line. */
export function totals(series: readonly ObservedLine[], name: string): number[] {
  let total = 0;
  return series.map(({ deltas }) => {
    total = deltas[name] ?? total;
    return total;
  });
}

/** How many connections there were, and how many had come by then. */
export interface Count {
  at: number;
  open: number;
  stayed: number;
  /** Connections that the count before did not find, those in the queue among them. */
  fresh: number;
  came: number;
  waiting: number;
  closedFirst: number;
  resets: number;
  /** Segments sent with data, or with a FIN, by everybody in the namespace; 0 where it is not counted. */
  sent: number;
}

/** One for each line that has its connections. */
export function countsOf(series: readonly ObservedLine[]): Count[] {
  const came = totals(series, 'Tcp PassiveOpens');
  const resets = totals(series, 'Tcp OutRsts');
  const sent = totals(series, 'TcpExt TCPOrigDataSent');
  return series.flatMap((line, index) => {
    const { at, server } = line;
    if (server?.connections === undefined) return [];
    const { connections, stayed = 0, held, heldStayed } = server;
    // In the queue it is not known yet what the server will do with them: they may be many, and go at once.
    const known = held !== undefined && heldStayed !== undefined;
    return {
      at,
      open: known ? held : connections,
      stayed: known ? heldStayed : stayed,
      fresh: connections - stayed,
      came: came[index] ?? 0,
      waiting: known ? 0 : waitingOf(line),
      closedFirst: server.closedFirst ?? 0,
      resets: resets[index] ?? 0,
      sent: sent[index] ?? 0,
    };
  });
}

/** In all its queues: of several listeners (SO_REUSEPORT) each has one. */
export function waitingOf({ server, acceptQueue = 0 }: ObservedLine): number {
  return server?.waiting ?? acceptQueue;
}

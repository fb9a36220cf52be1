import type { ObservedLine } from '../../protocol/observer-events.ts';

/** The total growth of a counter at each line. */
export function totals(series: readonly ObservedLine[], name: string): number[] {
  let total = 0;
  return series.map(({ deltas }) => {
    total = deltas[name] ?? total;
    return total;
  });
}

/** How many connections there were. */
export interface Count {
  at: number;
  open: number;
  /** Those of them that were in the sample before as well. */
  stayed: number;
  waiting: number;
  closedFirst: number;
}

/** One for each line that has the number of connections. */
export function countsOf(series: readonly ObservedLine[]): Count[] {
  return series.flatMap((line) => {
    const { at, server } = line;
    if (server?.connections === undefined) return [];
    const { connections, stayed = 0, held, heldStayed } = server;
    // Nobody knows yet what the server will do with those in the queue: they may be many, and leave at once.
    const known = held !== undefined && heldStayed !== undefined;
    return {
      at,
      open: known ? held : connections,
      stayed: known ? heldStayed : stayed,
      waiting: known ? 0 : waitingOf(line),
      closedFirst: server.closedFirst ?? 0,
    };
  });
}

/** The sum over all its queues: with several listeners (SO_REUSEPORT) each has one. */
export function waitingOf({ server, acceptQueue = 0 }: ObservedLine): number {
  return server?.waiting ?? acceptQueue;
}

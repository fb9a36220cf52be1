/** The formula, as it is printed beside every number that it predicts. */
export const ACCEPT_RATE_LAW = '(min(backlog, somaxconn) + 1) / (1 - accept rate / arrival rate)';
export const SERVED_IN_TIME_LAW = 'service rate × connect_timeout_ms';

/** What was measured of one burst, users a second. */
export interface Rates {
  /** So many come. */
  arrival: number;
  /**
   * So many does the server take out of its queue while they come. libuv accepts one connection a turn of the event loop
   * (src/unix/stream.c uv__server_io), so this falls with the work for each handshake.
   */
  accept: number;
  /** So many has it served, work for the handshake included. */
  serve: number;
}

/**
 * The largest burst that does not overflow an accept queue of this capacity: it fills at the difference of the rates. Infinite for a
 * server that accepts as fast as users arrive. As good as its rates: they are measured, and vary.
 */
export function largestSafeBurst(
  capacity: number,
  { accept, arrival }: Pick<Rates, 'accept' | 'arrival'>,
): number {
  return accept >= arrival ? Number.POSITIVE_INFINITY : Math.floor(capacity / (1 - accept / arrival));
}

/**
 * How many of the users that come at these moments, ms, first to last, are served before they give up, by a server that serves one after
 * another, each for so long, ms: also those who have left, since it learns of that too late. Of one burst that is the service rate
 * × their patience.
 */
export function servedInTurn(starts: ArrayLike<number>, costMs: number, patienceMs: number): number {
  let [served, free] = [0, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < starts.length; index += 1) {
    const start = starts[index] as number;
    free = Math.max(free, start) + costMs;
    if (free - start <= patienceMs) served += 1;
  }
  return served;
}

/**
 * The largest burst of which everybody is served before giving up, when an overflow only makes users wait
 * (tcp_abort_on_overflow 0): as many as the server serves in that time.
 */
export function servedInTime(patienceMs: number, { serve }: Pick<Rates, 'serve'>): number {
  return Math.floor((serve * patienceMs) / 1000);
}

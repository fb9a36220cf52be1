import type { Evidence } from '../evidence/evidence.ts';

/** A time, ms since the epoch. */
export interface Span {
  from: number;
  to: number;
}

/** When our own gateway let users wait although it had time for them. */
export interface GatewayWaits {
  /** Connections that by its own lines were accepted and had to wait for their turn; how many at once, and how many others were served. */
  heldOff?: Span & { most: number; served: number };
  /**
   * A time in which the accept queue was never empty, and the gateway had time but accepted none; how many waited at once, and how many
   * it had accepted.
   */
  forsaken?: Span & { most: number; accepted: number };
}

/** If shorter, a gateway that is only busy counts as not accepting. If longer, users have given up before. Ms. */
const LONG_MS = 1000;
/** Above these, users may be waiting for the gateway's own work. */
const IDLE = { loopMs: 200, busy: 0.5 };

/** From its samples and the observer's series up to `until`, ms. Nothing of a server that writes no lines. */
export function gatewayWaits({ gateway: { samples }, observer }: Evidence, until: number): GatewayWaits {
  const told = samples.filter(({ at }) => at <= until);
  const held = told.filter(({ waiting = 0 }) => waiting > 0);
  const [first, last] = [held[0], held.at(-1)];
  const waits: GatewayWaits = {};
  if (first && last && last.at > first.at)
    waits.heldOff = {
      from: first.at,
      to: last.at,
      most: held.reduce((most, { waiting = 0 }) => Math.max(most, waiting), 0),
      served: held.reduce((most, { open }) => Math.max(most, open), 0),
    };
  const forsaken = forsakenOf(
    told,
    observer.series.filter(({ at }) => at <= until),
  );
  if (forsaken) waits.forsaken = forsaken;
  return waits;
}

/** The longest time in which the queue was never seen empty and the number of accepted connections did not change. */
function forsakenOf(
  samples: Evidence['gateway']['samples'],
  series: Evidence['observer']['series'],
): GatewayWaits['forsaken'] {
  let best: GatewayWaits['forsaken'];
  let from: number | undefined;
  let [most, next, accepted] = [0, 0, -1];
  for (const { at, acceptQueue = 0 } of series) {
    let moved = false;
    for (; next < samples.length && (samples[next]?.at ?? 0) <= at; next += 1) {
      const { accepted: now, loop } = samples[next] as (typeof samples)[number];
      if (now !== accepted || loop.max > IDLE.loopMs || (loop.busy ?? 0) > IDLE.busy) moved = true;
      accepted = now;
    }
    // A gateway that never accepted anybody has not begun.
    if (acceptQueue === 0 || moved || accepted <= 0) {
      [from, most] = [undefined, 0];
      continue;
    }
    from ??= at;
    most = Math.max(most, acceptQueue);
    // It wrote no lines in that time: then nobody knows what it did.
    const heard = samples[next - 1]?.at ?? 0;
    const to = Math.min(at, heard);
    if (to - from >= LONG_MS && to - from > (best ? best.to - best.from : 0))
      best = { from, to, most, accepted };
  }
  return best;
}

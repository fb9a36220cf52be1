import type { Evidence } from '../../evidence/evidence.ts';

/** Below this nobody is kept waiting long enough to be cut for it. */
const SHORTEST_MS = 100;

/** A time for which the gateway's event loop was held up. */
export interface Stall {
  /** When it was over, within one sample, ms since the epoch. */
  at: number;
  ms: number;
  /** Bets received and users let in meanwhile; undefined: the gateway does not say. */
  bets?: number;
  upgrades?: number;
  /** The longest part of it in which neither was done. */
  blockMs?: number;
}

/** Between the end of one stall and the next: less is the same one, over several turns of the loop. */
const APART_MS = 100;

/** The stalls, in their order: the longest of each of the gateway's samples, those without a pause between them as one. */
export function stallsOf({ gateway }: Evidence): Stall[] {
  const stalls: Stall[] = [];
  for (const { at, loop, longest } of gateway.samples) {
    if (loop.max < SHORTEST_MS) continue;
    const stall: Stall = { at, ms: loop.max, ...longest };
    const before = stalls.at(-1);
    if (before && at - loop.max - before.at <= APART_MS) stalls[stalls.length - 1] = joined(before, stall);
    else stalls.push(stall);
  }
  return stalls;
}

function joined(first: Stall, then: Stall): Stall {
  const { at } = then;
  const ms = first.ms + then.ms;
  if (first.bets === undefined || then.bets === undefined) return { at, ms };
  return {
    at,
    ms,
    bets: first.bets + then.bets,
    upgrades: (first.upgrades ?? 0) + (then.upgrades ?? 0),
    blockMs: Math.max(first.blockMs ?? 0, then.blockMs ?? 0),
  };
}

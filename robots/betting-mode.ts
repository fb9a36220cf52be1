import type { SETTINGS } from '../protocol/settings.ts';

/** How a robot bets once betting opens. */
export type Betting = (typeof SETTINGS.betting.values)[number];

const LONGEST_PAUSE_MS = 3000;
/** The part of a round in which a paced bet may still be placed: the rest is its way to the gateway. */
const USABLE = 0.8;
const HIGHEST_BET = 100;

/**
 * Milliseconds from betting-open to the bet.
 * @param draw random, 0 ≤ draw < 1
 * @param closesInMs how long betting stays open, as the gateway said
 */
export function pauseBeforeBet(betting: Betting, draw: number, closesInMs: number): number {
  return betting !== 'paced' ? 0 : draw * Math.min(LONGEST_PAUSE_MS, Math.max(0, closesInMs) * USABLE);
}

/** The amount of a bet, a whole number from 1 to 100, for a random 0 ≤ draw < 1. */
export function amountOf(draw: number): number {
  return 1 + Math.floor(draw * HIGHEST_BET);
}

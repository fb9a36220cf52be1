import { randomInt } from 'node:crypto';
import { shuffle as shuffled } from '../../lab/exam/shuffle.ts';

/** The order of the settings in the suites: printed, and given again by RESETLAB_SEED. */
export const SEED = Number(process.env.RESETLAB_SEED ?? randomInt(1, 1_000_000));

/** The items in an order that the seed gives. */
export function shuffle<T>(items: readonly T[], seed = SEED): T[] {
  return shuffled(items, seed);
}

import { randomInt } from 'node:crypto';

/** The order of the settings in the suites: printed, and given again by RESETLAB_SEED. */
export const SEED = Number(process.env.RESETLAB_SEED ?? randomInt(1, 1_000_000));

/** The items in an order that the seed gives (Fisher and Yates, with a linear congruential generator). */
export function shuffle<T>(items: readonly T[], seed = SEED): T[] {
  const shuffled = [...items];
  let state = seed >>> 0;
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}

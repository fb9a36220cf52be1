import { draw32 } from '../../robots/rng.ts';

/** The items in an order that the seed gives (Fisher and Yates, with a linear congruential generator). */
export function shuffle<T>(items: readonly T[], seed: number): T[] {
  const shuffled = [...items];
  let state = seed >>> 0;
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}

/** The seed of one question: it depends on what is asked, not on what else is. */
export function seedOf(seed: number, id: string, repeat: number): number {
  const hash = [...id].reduce((state, letter) => draw32(state, letter.charCodeAt(0), 0), seed);
  return draw32(hash, repeat, 1) % 1_000_000;
}

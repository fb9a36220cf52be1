import { SEED } from './thresholds/shuffle.ts';

/** Whether the long suites are run whole (`npm test -- --whole`); else each in its quick form, which `.ci/run` has. */
export const WHOLE = process.env.RESETLAB_WHOLE === '1';

/**
 * Of so many things that are done one after another one alone in the quick form, another one with another seed. Within a test that is
 * itself one of `within`, say so: else each test would always meet the same of its things.
 */
export function isDrawn(index: number, of: number, within = 1): boolean {
  return WHOLE || isTurn(index, of, within, SEED);
}

/** What `isDrawn` goes by with this seed. */
export function isTurn(index: number, of: number, within: number, seed: number): boolean {
  return (index + Math.floor(seed / within)) % of === 0;
}

/** As `it`, where one of so many tests alone is in the quick form. */
export function oneIn(of: number): (title: string, test: Mocha.AsyncFunc) => void {
  let index = 0;
  return (title, test) => {
    if (isDrawn(index, of)) it(title, test);
    index += 1;
  };
}

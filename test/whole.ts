import { SEED } from './thresholds/shuffle.ts';

/** Whether the long suites are run whole (`npm test -- --whole`); else each in its quick form, which `.ci/run` has. */
export const WHOLE = process.env.RESETLAB_WHOLE === '1';

/** Of so many things that are done one after another one alone in the quick form, another one with another seed. */
export function isDrawn(index: number, of: number): boolean {
  return WHOLE || (index + SEED) % of === 0;
}

/** As `it`, where one of so many tests alone is in the quick form. */
export function oneIn(of: number): (title: string, test: Mocha.AsyncFunc) => void {
  let index = 0;
  return (title, test) => {
    if (isDrawn(index, of)) it(title, test);
    index += 1;
  };
}

import { PACKAGED } from './own-files.ts';

/** The lab, as one calls it: from a clone, or from the package. */
export const LAB = PACKAGED ? 'npx resetlab' : 'npm run --silent lab --';

/** Its short name, in running text and before the lines of stderr. */
export const NAME = PACKAGED ? 'resetlab' : 'lab';

/** What measures on a Mac: of a clone alone. */
export const MAC = PACKAGED ? 'npm run mac in a clone of resetlab' : 'npm run mac';

/** A page of the clone; the package has none, so there it is said whose it is. */
export function pageWords(page: string): string {
  return PACKAGED ? `${page} in resetlab's sources` : page;
}

import { PACKAGED } from './own-files.ts';

/** In the image: the command that one calls there (Dockerfile). */
const IN_IMAGE = process.env.RESETLAB_COMMAND;

/** The lab, as one calls it: from a clone, from the package, or in the image. */
export const LAB = IN_IMAGE || (PACKAGED ? 'npx resetlab' : 'npm run --silent lab --');

/** Its short name, in running text and before the lines of stderr. */
export const NAME = PACKAGED || IN_IMAGE ? 'resetlab' : 'lab';

/** What measures on a Mac: of a clone alone. */
export const MAC = PACKAGED ? 'npm run mac in a clone of resetlab' : 'npm run mac';

/** A page of the clone; the package has none, so there it is said whose it is. */
export function pageWords(page: string): string {
  return PACKAGED ? `${page} in resetlab's sources` : page;
}

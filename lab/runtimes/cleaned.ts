import { fateOf } from './fate.ts';

/** What `clean` did about one kind of things that runs leave: their names. */
export interface Cleaned<Name = string> {
  removed: Name[];
  /** Of labs of which it is not known whether they still run. */
  left: Name[];
  failed: Failure<Name>[];
}

/** What should have gone and did not. */
export interface Failure<Name = string> {
  name: Name;
  why: string;
}

/**
 * Which of these things are to be removed: those of a lab that is gone, and with `force` also those of a lab of which it
 * is not known; never those of one that is known to run. `left` are the others of which it is not known.
 */
export function sortOut<Thing>(
  things: readonly Thing[],
  labelOf: (thing: Thing) => string,
  force: boolean,
): { due: Thing[]; left: Thing[] } {
  const due: Thing[] = [];
  const left: Thing[] = [];
  for (const thing of things) {
    const fate = fateOf(labelOf(thing));
    if (fate === 'dead' || (fate === 'unknown' && force)) due.push(thing);
    else if (fate === 'unknown') left.push(thing);
  }
  return { due, left };
}

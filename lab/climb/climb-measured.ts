import type { Measured } from '../expect/expectation.ts';
import type { ClimbDocument } from './climb-document.ts';

/** What a condition can name of a climb. */
export const CLIMB_NAMES: readonly string[] = ['reached'];

/** What a climb reached, for conditions; `predicted` stands for nothing: each wall has a prediction of its own. */
export function measuredOfClimb({ reached, complete }: ClimbDocument): Measured {
  return { numbers: { reached: complete ? reached : { atLeast: reached } }, predicted: null };
}

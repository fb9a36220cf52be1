import type { Measured, Reading } from '../expect/expectation.ts';
import type { ThresholdPoint, ThresholdsDocument } from './threshold-document.ts';

/** What a condition can name of a threshold. */
export const THRESHOLD_NAMES: readonly string[] = ['threshold'];

/** The threshold at each value, for conditions; what an interruption left out was not measured. */
export function measuredOfThresholds({ vary, points, complete }: ThresholdsDocument): Measured[] {
  const each = points.map((point) => ({
    where: `${vary}=${point.value}`,
    numbers: { threshold: readingOf(point) },
    predicted: point.predicted,
  }));
  if (complete) return each;
  const rest = { threshold: { why: 'the measurement was interrupted' } };
  return [...each, { where: 'the other values', numbers: rest, predicted: null }];
}

function readingOf({ measured, atLeast }: ThresholdPoint): Reading {
  if (measured === null) return { why: 'no load came to a result' };
  return atLeast ? { atLeast: measured } : measured;
}

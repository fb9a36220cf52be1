import type { Measured, Reading } from '../expect/expectation.ts';
import type { ThresholdPoint, ThresholdsDocument } from './threshold-document.ts';

/** What a condition can name of a threshold. */
export const THRESHOLD_NAMES: readonly string[] = ['threshold'];

const CUT = { why: 'the measurement was interrupted' };

type Point = Pick<ThresholdPoint, 'measured' | 'predicted' | 'atLeast'> & { value: string | null };

/** The thresholds that conditions are put to; no `vary`: there is one, of one server. */
interface Thresholds extends Pick<ThresholdsDocument, 'complete'> {
  vary: string | null;
  points: readonly Point[];
}

/** The threshold at each value, for conditions; what an interruption left out was not measured. */
export function measuredOfThresholds({ vary, points, complete }: Thresholds): Measured[] {
  if (vary === null)
    return points.map((point) => ({
      numbers: { threshold: complete ? readingOf(point) : CUT },
      predicted: point.predicted,
    }));
  const each = points.map((point) => ({
    where: `${vary}=${point.value}`,
    numbers: { threshold: readingOf(point) },
    predicted: point.predicted,
  }));
  if (complete) return each;
  return [...each, { where: 'the other values', numbers: { threshold: CUT }, predicted: null }];
}

function readingOf({ measured, atLeast }: Point): Reading {
  if (measured === null) return { why: 'no load came to a result' };
  return atLeast ? { atLeast: measured } : measured;
}

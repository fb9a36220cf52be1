import type { Measured, Reading } from '../expect/expectation.ts';
import { CAUSE } from '../expect/grammar.ts';
import { causesFound, thresholdReading, USER_NAMES, usersNumbers } from '../run/run-measured.ts';
import type { DiagnosisDocument } from './diagnosis-document.ts';

const COUNTED = ['accepted', 'held', 'resets', 'drops', 'turnedAway'] as const;

/** What a condition can name of a diagnosis. */
export const DIAGNOSIS_NAMES: readonly string[] = [...USER_NAMES, 'threshold', ...COUNTED, CAUSE];

const NOBODY = { why: 'no robots told how users fared; --load sends some' };
const CUT = 'the load was interrupted, or was not watched to its end';
const UNSEEN = 'how its connections ended was not seen';

/** What a diagnosis measured, for conditions. */
export function measuredOfDiagnosis(document: DiagnosisDocument): Measured {
  const { users, threshold, counted, verdicts, complete } = document;
  const unknown = Object.fromEntries(USER_NAMES.map((name) => [name, NOBODY]));
  const seen = COUNTED.map((name) => [name, countedReading(counted[name], complete)] as const);
  const whole = users === null || threshold === null ? NOBODY : thresholdReading(threshold, users);
  const blind = users === null && counted.turnedAway === null ? UNSEEN : undefined;
  const unfinished = complete ? blind : CUT;
  return {
    numbers: {
      ...(users === null ? unknown : usersNumbers(users, complete)),
      threshold: complete || users === null ? whole : { why: CUT },
      ...Object.fromEntries(seen),
    },
    predicted: threshold?.predicted ?? null,
    causes: { ...causesFound(verdicts), ...(unfinished !== undefined && { unfinished }) },
  };
}

/** What is counted only grows: of a watch that was cut short there may have been more. */
function countedReading(number: number | null, complete: boolean): Reading {
  if (number === null) return { why: 'it could not be seen' };
  return complete ? number : { atLeast: number };
}

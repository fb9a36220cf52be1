import { OUTCOMES } from '../../protocol/fleet-events.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { CauseReading, Measured, Reading } from '../expect/expectation.ts';
import { CAUSE } from '../expect/grammar.ts';
import type { ThresholdDocument } from './threshold-of-run.ts';
import { failedOnceOpen, type UsersDocument } from './users-document.ts';
import type { VerdictDocument } from './verdict-document.ts';

const FAILURES = OUTCOMES.filter((outcome) => outcome !== 'open');

/** What a condition can name of users: who is open, who failed, and in which way. */
export const USER_NAMES = ['open', 'failed', ...FAILURES] as const;

/** What a condition can name of a run. */
export const RUN_NAMES: readonly string[] = [...USER_NAMES, 'lost', 'doubled', 'threshold', CAUSE];

const CUT = 'it was interrupted, or not every user is told of';

/** What a run measured, for conditions. */
export function measuredOfRun({ users, bets, threshold, verdicts, complete }: VerdictDocument): Measured {
  const whole = (number: number): Reading => (complete ? number : { why: CUT });
  return {
    numbers: {
      ...usersNumbers(users, complete),
      lost: whole(bets.lost),
      doubled: whole(bets.doubled),
      threshold: complete ? thresholdReading(threshold, users) : { why: CUT },
    },
    predicted: threshold.predicted,
    causes: { ...causesFound(verdicts), ...(!complete && { unfinished: CUT }) },
  };
}

/** Users by what became of them. Of a load that was cut short more may have failed. */
export function usersNumbers(
  { open, failed, by }: UsersDocument,
  complete: boolean,
): Record<string, Reading> {
  const growing = (number: number): Reading => (complete ? number : { atLeast: number });
  const ways = FAILURES.map((outcome) => {
    const those = by.filter((group) => group.outcome === outcome);
    return [outcome, growing(those.reduce((sum, { count }) => sum + count, 0))] as const;
  });
  return {
    open: complete ? open : { why: CUT },
    failed: growing(failed),
    ...Object.fromEntries(ways),
  };
}

/** The threshold of one load: where nobody failed, it may be higher. */
export function thresholdReading({ measured, atLeast }: ThresholdDocument, users: UsersDocument): Reading {
  const cut = failedOnceOpen(users);
  if (cut > 0) return { why: `${measured} users became open, ${cut} of them failed later` };
  return atLeast ? { atLeast: measured } : measured;
}

/** The causes by how far they are proven. */
export function causesFound(
  verdicts: readonly Pick<Verdict, 'cause' | 'verdict'>[],
): Exclude<CauseReading, { why: string }> {
  const of = (...words: Verdict['verdict'][]) =>
    verdicts.filter(({ verdict }) => words.includes(verdict)).map(({ cause }) => cause);
  return { found: of('confirmed', 'unknown'), contributing: of('contributing') };
}

import { settingsOfServer } from '../../beside/target-document.ts';
import { groupOutcomes } from '../../facts/user-groups.ts';
import type { EffectiveSettings } from '../../run/effective-settings.ts';
import type { Found } from '../search.ts';
import type { Failure } from '../user-trial.ts';
import { limitOfSearch } from './server-limit.ts';
import { predictionOf } from './server-prediction.ts';
import type { KeptTrial } from './server-search.ts';
import type { ServerThresholdPoint } from './server-threshold-document.ts';

/**
 * The threshold from the loads that were made.
 * @param found undefined: the search ended before it was over
 * @param atRest settings in force before the first load
 */
export function serverPointOf(
  trials: readonly KeptTrial[],
  found: Found | undefined,
  failure: Failure,
  atRest: EffectiveSettings,
): ServerThresholdPoint {
  const bursts = trials.filter(({ pace }) => pace === 'burst');
  const failed = bursts.filter((one) => one.failed > 0);
  const good = bursts.filter((one) => one.failed === 0).map(({ users }) => users);
  const smallest = failed.toSorted((a, b) => a.users - b.users)[0]?.measured;
  const first = failed.find((one) => one.measured)?.measured;
  const measured = found?.measured ?? (good.length > 0 ? Math.max(...good) : null);
  const limit = found?.limit ?? null;
  const { limitedBy, says } = smallest
    ? limitOfSearch(smallest, failure, limit)
    : { limitedBy: bursts.length > 0 ? 'nothing' : 'unknown', says: null };
  const prediction = predictionOf(limitedBy, limit, { smallest, first }, failure);
  const exact = found !== undefined && !found.atLeast && prediction.predicted !== null;
  const last = trials.findLast((one) => one.measured)?.measured;
  return {
    value: null,
    measured,
    ...prediction,
    error: exact ? found.measured - (prediction.predicted as number) : null,
    limitedBy,
    says,
    limit,
    atLeast: found?.atLeast ?? true,
    method: found?.method ?? null,
    failsAt: found ? found.failsAt : (smallest?.users ?? null),
    failures: smallest
      ? groupOutcomes(smallest.evidence.fleet.users).filter(({ outcome }) => outcome !== 'open')
      : [],
    runs: trials.length,
    trials: trials.map(({ users, open, failed, pace, rampMs, limitedBy }) => ({
      ...{ users, open, failed, pace, rampMs, limitedBy },
    })),
    settings: last?.judged ? settingsOfServer(last.evidence) : atRest,
  };
}

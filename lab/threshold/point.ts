import { defined } from '../../common/defined.ts';
import { effectiveSettings } from '../run/effective-settings.ts';
import { limitOf } from './limiting-cause.ts';
import { findThreshold, type Pace, type Trial } from './search.ts';
import type { ThresholdPoint } from './threshold-document.ts';
import { type MeasuredTrial, runTrial, type TrialGateway, type TrialOptions } from './user-trial.ts';

export interface PointOptions extends TrialOptions {
  /** As it was given. */
  value: string;
  upTo: number;
  /** Where a law on this setting expects the threshold. */
  expected?: number | undefined;
  onTrial?: (trial: Trial, pace: Pace) => void;
}

/** Measures the threshold at one value of the setting, and puts the law's prediction beside it. */
export async function measurePoint(options: PointOptions): Promise<ThresholdPoint> {
  const { value, failure, expected, upTo, signal, onTrial } = options;
  const bursts: MeasuredTrial[] = [];
  const found = await findThreshold({
    upTo,
    signal,
    ...defined({ expected, onTrial }),
    async try(users, pace) {
      const settled =
        bursts.at(-1)?.gateways.map(({ evidence }) => evidence.fleet.done?.settledMs ?? 0) ?? [];
      const settledMs = Math.max(0, ...settled);
      const trial = await runTrial(options, users, pace, settledMs);
      if (pace === 'burst') bursts.push(trial);
      return trial;
    },
  });
  const failed = bursts.filter((trial) => trial.failed > 0);
  const first = (failed[0] ?? bursts.at(-1)) as MeasuredTrial;
  const smallest = failed.toSorted((a, b) => a.users - b.users)[0] ?? first;
  const limit = limitOf({ smallest, first }, found.limit, failure);
  return {
    value,
    measured: found.measured,
    ...limit,
    error: limit.predicted === null || found.atLeast ? null : found.measured - limit.predicted,
    atLeast: found.atLeast,
    limit: found.limit,
    method: found.method,
    failsAt: found.failsAt,
    runs: found.trials.length,
    trials: found.trials.map(({ users, open, failed, pace }) => ({ users, open, failed, pace })),
    settings: effectiveSettings((smallest.gateways[0] as TrialGateway).evidence),
  };
}

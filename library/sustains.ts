import { checkLoad, type LoadOptions, MOST_USERS } from './load-options.ts';
import { probeTarget } from './robots-container.ts';
import type { StartedGatewayContainer } from './started-gateway-container.ts';
import { robotsLoad, runTrial, type TrialResult } from './trial.ts';
import { diagnosisOf } from './trial-diagnosis.ts';
import { whole } from './values.ts';

/** At least one user failed; the message is the diagnosis, `trial` the same as data. */
export class NotSustainedError extends Error {
  override name = 'NotSustainedError';
  readonly trial: TrialResult;

  constructor(trial: TrialResult) {
    super(diagnosisOf(trial));
    this.trial = trial;
  }
}

/**
 * Loads the server once with so many users and gives what it did when not one of them failed.
 * @throws {NotSustainedError} when one did. @throws {UsageError} for a bad value.
 */
export async function sustains(
  container: StartedGatewayContainer,
  users: number,
  options: LoadOptions,
): Promise<TrialResult> {
  const load = checkLoad('sustains', options);
  whole('sustains: users', users, 1, MOST_USERS);
  await probeTarget('sustains', container, robotsLoad(load, 1, 0), load.url, load.signal);
  const trial = await runTrial(container, load, users, load.rampMs);
  if (trial.failed > 0) throw new NotSustainedError(trial);
  return trial;
}

import { defined } from '../common/defined.ts';
import { descriptorThreshold } from '../lab/laws/descriptor-law.ts';
import type { EffectiveSettings } from '../lab/run/effective-settings.ts';
import { findThreshold } from '../lab/threshold/search.ts';
import { checkLoad, type Load, type LoadOptions, MOST_USERS } from './load-options.ts';
import { probeTarget } from './robots-container.ts';
import type { StartedGatewayContainer } from './started-gateway-container.ts';
import { type Failure, robotsLoad, runTrial, type TrialResult } from './trial.ts';
import { whole } from './values.ts';
import { watchFromIdle } from './watch.ts';

/** A slow ramp takes at least this long, and so long for each user, ms: slower than any server that is not ill. */
const SLOW = { leastMs: 1000, perUserMs: 5 };

export interface ThresholdOptions extends LoadOptions {
  /** No more users than this are tried; 2000 unless told, and at most 64000. */
  upTo?: number;
  /** Called after each trial. */
  onTrial?(trial: TrialResult): void;
}

export interface ThresholdResult {
  /** The largest number of users with no failure. */
  sustained: number;
  /** Whether more may be sustained: nobody failed at `upTo`. */
  atLeast: boolean;
  /** The smallest number of users at which somebody failed; null when nobody did. */
  failsAt: number | null;
  /** How they failed in the smallest trial in which somebody did; empty when nobody did. */
  failures: Failure[];
  /** `rate`: the same users, coming slowly, did not fail, or fewer of them. `none`: nobody failed. */
  limit: 'capacity' | 'rate' | 'none';
  limitedBy: TrialResult['limitedBy'];
  /** Why that; absent when nobody failed. */
  says?: string;
  /** In force, read back from the server's process and namespace. */
  settings: EffectiveSettings;
  /** All trials, in order. */
  trials: TrialResult[];
}

/**
 * Finds the largest number of users that the server sustains with no failure. The server is not restarted between
 * trials; each begins when the one before has left no connection. Takes one load for each trial, some seconds each.
 * @throws {UsageError} for a bad value.
 */
export async function threshold(
  container: StartedGatewayContainer,
  options: ThresholdOptions,
): Promise<ThresholdResult> {
  const load = checkLoad('threshold', options);
  const upTo = whole('threshold: upTo', options.upTo ?? 2000, 1, MOST_USERS);
  await probeTarget('threshold', container, robotsLoad(load, 1, 0), load.url, load.signal);
  const expected = await capacityOf(container, load);
  const trials: TrialResult[] = [];
  const found = await findThreshold({
    upTo,
    ...defined({ expected: expected && Math.min(expected, upTo), signal: load.signal }),
    async try(users, ramp) {
      const slow = Math.max(SLOW.leastMs, users * SLOW.perUserMs, load.rampMs);
      const trial = await runTrial(container, load, users, ramp === 'burst' ? load.rampMs : slow);
      trials.push(trial);
      options.onTrial?.(trial);
      return trial;
    },
  });
  const failing = trials.filter(({ failed }) => failed > 0).sort((a, b) => a.users - b.users)[0];
  return {
    sustained: found.measured,
    atLeast: found.atLeast,
    failsAt: found.failsAt,
    failures: failing?.failures ?? [],
    limit: found.limit,
    limitedBy: failing?.limitedBy ?? 'nothing',
    ...defined({ says: failing?.says }),
    settings: trials[0]?.settings ?? {},
    trials,
  };
}

/**
 * How many users the descriptors have room for: where to look first. Undefined when they cannot be seen. Of several processes the
 * first, which started the others, has the listener and no connection.
 */
async function capacityOf(
  container: StartedGatewayContainer,
  { settleMs, signal }: Load,
): Promise<number | undefined> {
  await using watch = await watchFromIdle(container.surroundings, settleMs, signal);
  const [first, ...others] = watch.evidence.observer.before?.server?.holders ?? [];
  if (first === undefined) return undefined;
  const workers = others.length > 0 ? others : [first];
  return Math.max(
    1,
    workers.reduce(
      (sum, { nofileSoft, descriptors }) => sum + descriptorThreshold(nofileSoft, descriptors),
      0,
    ),
  );
}

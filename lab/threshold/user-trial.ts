import { Debug } from '../../common/debug.ts';
import { sumOf } from '../../common/numbers.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { drawFacts, type Facts } from '../facts/facts.ts';
import { measureEach } from '../run/measure.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { Settings } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import type { Pace, Trial } from './search.ts';

const debug = new Debug('threshold');

/** What counts as a failure of a user: that it was not open to the end, or also that it had to send its SYN again. */
export const FAILURES = ['failed', 'waited'] as const;
export type Failure = (typeof FAILURES)[number];

/** The same in words. */
export const FAILURE_TEXT: Record<Failure, string> = {
  failed: 'a user that was not open to the end',
  waited: 'a user that was not open to the end, or had to repeat its SYN',
};

export interface TrialOptions {
  runtime: Runtime;
  driver: Driver;
  settings: ResolvedSettings;
  failure: Failure;
  signal: AbortSignal;
}

/** A load with all that was measured in it. */
export interface MeasuredTrial extends Trial {
  /** Of each gateway. */
  gateways: readonly TrialGateway[];
}

/** One gateway of a trial. */
export interface TrialGateway {
  evidence: Evidence;
  facts: Facts;
}

const SHORTEST_RAMP_MS = 500;
const LONGEST_RAMP_MS = 60_000;
/** So many times longer than the burst took: slower than any rate that made it fail. */
const SLOWER = 3;

/** Runs so many users at that pace; `settledMs` is how long the burst before took. */
export async function runTrial(
  { runtime, driver, settings, failure, signal }: TrialOptions,
  users: number,
  pace: Pace,
  settledMs: number,
): Promise<MeasuredTrial> {
  const rampMs = Math.min(LONGEST_RAMP_MS, Math.max(SHORTEST_RAMP_MS, Math.ceil(SLOWER * settledMs)));
  const values = { ...settings.values, users, ...(pace === 'slow' ? slowly(settings.values, rampMs) : {}) };
  const measuring = measureEach({
    runtime,
    driver,
    settings: { ...settings, values },
    label: newLabel(),
    signal,
  });
  const evidences = await debug.wait(`a trial: ${users} users, ${pace}`, measuring);
  const gateways = evidences.map((evidence) => ({ evidence, facts: drawFacts(evidence) }));
  const open = sumOf(gateways, ({ facts }) => servedOf(facts, failure));
  return { users, open, failed: users - open, gateways };
}

/** Whoever comes first has to wait for a stopped gateway until after the last, and shall not give up sooner for it. */
function slowly({ stop_ms, connect_timeout_ms }: Settings, rampMs: number): Partial<Settings> {
  const patience = stop_ms > 0 ? { connect_timeout_ms: connect_timeout_ms + rampMs } : {};
  return { ramp: `${rampMs}ms`, ...patience };
}

/** Users that were served without what counts as a failure. */
export function servedOf({ open, queue, darwin, slowConnects = 0 }: Facts, failure: Failure): number {
  // While the gateway accepts nobody, to be served is to be in its queue, and to meet no other limit after it.
  const held = queue?.servedAtOnce ?? darwin?.servedAtOnce;
  if (held !== undefined) return held;
  if (failure === 'failed') return open;
  const waited = queue && queue.overflows > 0 ? Math.max(1, slowConnects) : slowConnects;
  return Math.max(0, open - waited);
}

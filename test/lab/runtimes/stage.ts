import { robots } from '../../../lab/drivers/robots-driver.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { measure } from '../../../lab/run/measure.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import type { Runtime } from '../../../lab/runtimes/runtime.ts';
import { fromFlags, type ResolvedSettings, resolveSettings } from '../../../lab/settings/setting-sources.ts';

/** What a small load is made with: few users, no bets, patience for a busy machine. */
const SMALL = { users: 4, nofile: 128, rounds: 0, connect_timeout_ms: 60_000, robots_nofile: 256 };

/** Settings as `--set` items give them, on top of a small load. */
export function small(...items: string[]): ResolvedSettings {
  return resolveSettings([fromFlags(items)], SMALL);
}

/** One checked execution of a small load with these settings. */
export async function measured(runtime: Runtime, ...items: string[]): Promise<Evidence> {
  const settings = small(...items);
  await runtime.check(settings);
  return measure({ runtime, driver: robots, settings, label: newLabel() });
}

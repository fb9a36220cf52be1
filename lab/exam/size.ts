import type { Overrides, SettingName } from '../settings/schema.ts';

/** Settings that count users: changed together they leave a scenario what it is. */
const COUNTS: readonly SettingName[] = [
  'users',
  'nofile',
  'robots_nofile',
  'max_connections',
  'crash_at_users',
  'restart_at_users',
  'stall_at_users',
];

/** Fewer are there to meet a limit of a few exactly. */
const FEWEST = 50;

/** Of the descriptors of a process some are its own, so that a small limit does not shrink with the users. */
const LEAST_LIMIT = 100;

/** A scenario with so many times its users, and so with all limits that it sets to a number of users. */
export function resized(scenario: Overrides, factor: number): Overrides {
  if (scenario.users === undefined || Number(scenario.users) < FEWEST) return scenario;
  const limits = [scenario.nofile, scenario.robots_nofile].filter((limit) => limit !== undefined);
  if (limits.some((limit) => Number(limit) < LEAST_LIMIT)) return scenario;
  const sized: Overrides = { ...scenario };
  for (const name of COUNTS) {
    const value = Number(scenario[name] ?? 0);
    if (value > 0) sized[name] = Math.round(value * factor);
  }
  const range = /^(\d+)-(\d+)$/.exec(String(scenario.ip_local_port_range ?? ''));
  if (range) {
    const [first, last] = [Number(range[1]), Number(range[2])];
    sized.ip_local_port_range = `${first}-${first + Math.round((last - first + 1) * factor) - 1}`;
  }
  return sized;
}

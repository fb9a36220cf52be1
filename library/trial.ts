import type { UserLine } from '../protocol/fleet-events.ts';
import type { TargetLine } from '../protocol/target-line.ts';
import { type Limit, limitOf } from './limit.ts';
import { type Settings, settingsOf } from './limit-settings.ts';
import type { Load } from './load-options.ts';
import { runFleet } from './robots-container.ts';
import type { StartedGatewayContainer } from './started-gateway-container.ts';

/** Users that failed in the same way. */
export type Failure = Pick<UserLine, 'outcome' | 'stage'> & {
  errno?: string;
  detail?: string;
  count: number;
};

/** A number before and after a trial, with its source. */
export interface Moved {
  name: string;
  source: string;
  before: number;
  after: number;
}

/** One load with so many users, and what it did. */
export interface TrialResult {
  kind: Load['kind'];
  users: number;
  open: number;
  failed: number;
  /** Over how long the users arrived, ms. */
  rampMs: number;
  failures: Failure[];
  limitedBy: Limit['by'];
  /** Why that; absent when nothing failed. */
  says?: string;
  /** The counters of the server's network namespace that moved. */
  counters: Moved[];
  /** Highest seen; `descriptors` is 0 when they could not be seen. */
  peak: { descriptors: number; acceptQueue: number };
  /** Connections that the server still had when settleMs were over; 0 is what should be. */
  left: number;
  /** In force, read back from the server's process and namespace. */
  settings: Settings;
}

/** Loads the server once, from idle to idle. */
export async function runTrial(
  target: StartedGatewayContainer,
  load: Load,
  users: number,
  rampMs: number,
): Promise<TrialResult> {
  const { watch } = target.surroundings;
  const before = await watch.untilIdle(load.settleMs);
  watch.resetPeak();
  const fleet = await runFleet(target, load, users, rampMs);
  const { peak } = watch;
  const { line: after, left } = await watch.untilLeft(load.settleMs);
  const { open, failed, bottlenecks } = fleet.done;
  const counters = movedBetween(before, after);
  const failures = failuresOf(fleet.users);
  const limit = limitOf({ failures, failed, peak, counters, bottlenecks, nofile: before.nofile });
  return {
    kind: load.kind,
    users,
    open,
    failed,
    rampMs,
    failures,
    limitedBy: limit.by,
    ...(limit.says === undefined ? {} : { says: limit.says }),
    counters,
    peak,
    left,
    settings: settingsOf(before),
  };
}

function movedBetween(before: TargetLine, after: TargetLine): Moved[] {
  return Object.entries(after.counters).flatMap(([name, now]) => {
    const was = before.counters[name] ?? 0;
    const file = name.startsWith('TcpExt ') ? 'netstat' : 'snmp';
    return now === was ? [] : [{ name, source: `/proc/net/${file}`, before: was, after: now }];
  });
}

/** Groups of failed users, the largest first. */
export function failuresOf(users: UserLine[]): Failure[] {
  const groups = new Map<string, Failure>();
  for (const { outcome, stage, errno, detail } of users) {
    if (outcome === 'open') continue;
    const key = [outcome, stage, errno, detail].join();
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { outcome, stage, ...(errno && { errno }), ...(detail && { detail }), count: 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

import { BENCH_DRIVERS, type BenchDriver } from './drivers.ts';
import type { Row } from './figures.ts';

/** One line of the summary. */
export interface Goal {
  name: string;
  value: number;
  unit: string;
  /** Null: a figure without a goal. */
  goal: number | null;
  /** Which side of the goal reaches it. */
  is: 'at most' | 'at least';
  reached: boolean | null;
}

/** The goal with whether it was reached. */
export function goalOf({ name, value, unit, goal, is }: Omit<Goal, 'reached'>): Goal {
  const reached = goal === null ? null : is === 'at most' ? value <= goal : value >= goal;
  return { name, value, unit, goal, is, reached };
}

/** How many times our memory and our CPU a user a k6 must take at least, whole lives compared. */
const K6_GOALS = [
  ['k6-vu', 15, 6],
  ['k6-sockets', 5, 2],
] as const;

/** The summary of these rows; what cannot be told from them is left out. */
export function goalsOf(rows: readonly Row[]): Goal[] {
  const sizes = [...new Set(rows.map(({ users }) => users))].sort((a, b) => a - b);
  const [high, low = high] = [sizes.at(-1), sizes.at(-2)];
  if (high === undefined || low === undefined) return [];
  const row = (driver: BenchDriver, users: number) =>
    rows.find((r) => r.driver === driver && r.users === users);
  const goals: Goal[] = [];
  const add = (
    name: string,
    value: number | undefined,
    unit: string,
    goal: number | null,
    is: Goal['is'] = 'at most',
  ) => {
    if (value === undefined || !Number.isFinite(value)) return;
    goals.push(goalOf({ name, value, unit, goal, is }));
  };

  const settled = ratio(row('robots-connect', low)?.settledMs, row('bare', low)?.settledMs);
  add(`settled, robots-connect / bare, ${low} users`, hundredths(settled), '', 1.5);
  const slope = (driver: BenchDriver) => {
    const [a, b] = [row(driver, low), row(driver, high)];
    return a && b && high > low ? (b.peakBytes - a.peakBytes) / (high - low) : undefined;
  };
  for (const driver of BENCH_DRIVERS) {
    const bytes = slope(driver);
    add(`memory, ${driver}, slope ${low} to ${high} users`, bytes && Math.round(bytes), 'bytes/user', null);
  }
  for (const [driver, memory] of K6_GOALS) {
    const times = ratio(slope(driver), slope('robots'));
    add(`memory slope, ${driver} / robots`, floored(times), 'times', memory, 'at least');
  }
  for (const [driver, , cpu] of K6_GOALS) {
    for (const users of [low, high].slice(high > low ? 0 : 1)) {
      const times = ratio(row(driver, users)?.cpuMicrosPerUser, row('robots', users)?.cpuMicrosPerUser);
      add(`CPU a user, ${driver} / robots, ${users} users`, floored(times), 'times', cpu, 'at least');
    }
  }
  if (high > low) {
    for (const driver of BENCH_DRIVERS) {
      const cost = ratio(row(driver, high)?.cpuMicrosPerUser, row(driver, low)?.cpuMicrosPerUser);
      const ours = driver === 'robots' || driver === 'robots-connect';
      add(`CPU a user, ${driver}, ${high} / ${low} users`, hundredths(cost), '', ours ? 1.2 : null);
    }
  }
  // A second is too short: there its first samples, before they are compiled, and its last snapshot weigh most.
  const percents = rows.flatMap(({ driver, observerCpuPercent: percent }) =>
    driver === 'robots' && percent !== null ? [percent] : [],
  );
  const busiest = percents.length > 0 ? Math.max(...percents) : undefined;
  add('observer, whole lives, the busiest row', busiest, '% of a core', 5);
  return goals;
}

function ratio(of: number | undefined, to: number | undefined): number | undefined {
  return of === undefined || to === undefined ? undefined : of / to;
}

/** Tenths, never rounded up into a goal that was missed. */
function floored(number: number | undefined): number | undefined {
  return number && Math.floor(number * 10) / 10;
}

function hundredths(number: number | undefined): number | undefined {
  return number && Math.round(number * 100) / 100;
}

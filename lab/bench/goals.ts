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
  // NaN where there is no such row, or no second number of users: what is made of it is left out.
  const figure = (driver: BenchDriver, users: number, key: 'settledMs' | 'peakBytes' | 'cpuMicrosPerUser') =>
    rows.find((row) => row.driver === driver && row.users === users)?.[key] ?? Number.NaN;
  const micros = (driver: BenchDriver, users: number) => figure(driver, users, 'cpuMicrosPerUser');
  const slope = (driver: BenchDriver) =>
    (figure(driver, high, 'peakBytes') - figure(driver, low, 'peakBytes')) / (high - low);
  const goals: Goal[] = [];
  const add = (
    name: string,
    value: number,
    unit: string,
    goal: number | null,
    is: Goal['is'] = 'at most',
  ) => {
    if (Number.isFinite(value)) goals.push(goalOf({ name, value, unit, goal, is }));
  };

  const settled = figure('robots-connect', low, 'settledMs') / figure('bare', low, 'settledMs');
  add(`settled, robots-connect / bare, ${low} users`, hundredths(settled), '', 1.5);
  for (const driver of BENCH_DRIVERS) {
    const name = `memory, ${driver}, slope ${low} to ${high} users`;
    add(name, Math.round(slope(driver)), 'bytes/user', null);
  }
  const memoryOverTls = hundredths(slope('robots-tls') / slope('bare-tls'));
  add('memory slope, robots-tls / bare-tls', memoryOverTls, '', 1.25);
  for (const users of new Set([low, high])) {
    const times = hundredths(micros('robots-tls', users) / micros('bare-tls', users));
    add(`CPU a user, robots-tls / bare-tls, ${users} users`, times, '', 1.3);
  }
  for (const [driver, memory] of K6_GOALS) {
    const times = floored(slope(driver) / slope('robots'));
    add(`memory slope, ${driver} / robots`, times, 'times', memory, 'at least');
  }
  for (const [driver, , cpu] of K6_GOALS) {
    for (const users of new Set([low, high])) {
      const times = floored(micros(driver, users) / micros('robots', users));
      add(`CPU a user, ${driver} / robots, ${users} users`, times, 'times', cpu, 'at least');
    }
  }
  if (high > low) {
    for (const driver of BENCH_DRIVERS) {
      const cost = hundredths(micros(driver, high) / micros(driver, low));
      const ours = driver === 'robots' || driver === 'robots-connect';
      add(`CPU a user, ${driver}, ${high} / ${low} users`, cost, '', ours ? 1.2 : null);
    }
  }
  // A second is too short: there its first samples, before they are compiled, and its last snapshot weigh most.
  const percents = rows.flatMap(({ driver, observerCpuPercent: percent }) =>
    driver === 'robots' && percent !== null ? [percent] : [],
  );
  add('observer, whole lives, the busiest row', Math.max(...percents), '% of a core', 5);
  return goals;
}

/** Tenths, never rounded up into a goal that was missed. */
function floored(number: number): number {
  return Math.floor(number * 10) / 10;
}

function hundredths(number: number): number {
  return Math.round(number * 100) / 100;
}

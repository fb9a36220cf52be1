/** What the bench makes of its measurements: medians, figures per user, goals. Pure. */

/** Who makes the load: our fleet through a whole life, our fleet that only connects, plain sockets. */
export const BENCH_DRIVERS = ['robots', 'robots-connect', 'bare'] as const;
export type BenchDriver = (typeof BENCH_DRIVERS)[number];

/** What one process cost from its start to its end. */
export interface Cost {
  cpuMicros: number;
  peakBytes: number;
}

/** One execution. */
export interface Trial {
  driver: BenchDriver;
  users: number;
  failed: number;
  /** From the first connect until all are open, ms. */
  settledMs: number;
  load: Cost;
  gateway: Cost;
  bets?: { placed: number; acked: number };
  /** CPU of the observer while it sampled, percent of a core; absent where there is none. */
  observerCpuPercent?: number;
}

/** One side of a row. Per user means: beyond what one user costs, over the others. */
export interface SideFigures {
  cpuMs: number;
  peakBytes: number;
  cpuMicrosPerUser: number;
  bytesPerUser: number;
}

/** Medians of the trials of one driver with so many users; the generator's figures stand in the row itself. */
export interface Row extends SideFigures {
  driver: BenchDriver;
  users: number;
  trials: number;
  /** The sum over all trials. */
  failed: number;
  settledMs: number;
  usersPerSecond: number;
  gateway: SideFigures;
  bets: { placed: number; acked: number } | null;
  observerCpuPercent: number | null;
}

/** One line of the summary. */
export interface Goal {
  name: string;
  value: number;
  unit: string;
  /** Reached when the value is not above; null: a figure without a goal. */
  goal: number | null;
  reached: boolean | null;
}

/** The middle one, or the mean of the middle two. NaN for none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Rows in the order in which their trials first come; the trials with one user are what the others are compared with. */
export function rowsOf(trials: readonly Trial[]): Row[] {
  const groups = Map.groupBy(trials, ({ driver, users }) => `${users} ${driver}`);
  return [...groups.values()].flatMap((group) => {
    const { driver, users } = group[0] as Trial;
    const single = groups.get(`1 ${driver}`);
    return users === 1 || single === undefined ? [] : [rowOf(group, single)];
  });
}

function rowOf(group: readonly Trial[], single: readonly Trial[]): Row {
  const { driver, users } = group[0] as Trial;
  const of = (read: (trial: Trial) => number) => median(group.map(read));
  const settledMs = of((trial) => trial.settledMs);
  const observed = group.flatMap(({ observerCpuPercent: percent }) =>
    percent === undefined ? [] : [percent],
  );
  const bet = group.flatMap(({ bets }) => bets ?? []);
  return {
    driver,
    users,
    trials: group.length,
    failed: group.reduce((sum, trial) => sum + trial.failed, 0),
    settledMs: tenths(settledMs),
    usersPerSecond: Math.round(users / (settledMs / 1000)),
    ...side(group, single, users, (trial) => trial.load),
    gateway: side(group, single, users, (trial) => trial.gateway),
    bets:
      bet.length > 0 ? { placed: sum(bet.map((b) => b.placed)), acked: sum(bet.map((b) => b.acked)) } : null,
    observerCpuPercent: observed.length > 0 ? tenths(median(observed)) : null,
  };
}

function side(
  group: readonly Trial[],
  single: readonly Trial[],
  users: number,
  read: (trial: Trial) => Cost,
): SideFigures {
  const of = (trials: readonly Trial[], key: keyof Cost) => median(trials.map((trial) => read(trial)[key]));
  const perUser = (key: keyof Cost) => (of(group, key) - of(single, key)) / (users - 1);
  return {
    cpuMs: Math.round(of(group, 'cpuMicros') / 1000),
    peakBytes: of(group, 'peakBytes'),
    cpuMicrosPerUser: tenths(perUser('cpuMicros')),
    bytesPerUser: Math.round(perUser('peakBytes')),
  };
}

/** The summary of these rows; what cannot be told from them is left out. */
export function goalsOf(rows: readonly Row[]): Goal[] {
  const sizes = [...new Set(rows.map(({ users }) => users))].sort((a, b) => a - b);
  const [high, low = high] = [sizes.at(-1), sizes.at(-2)];
  if (high === undefined || low === undefined) return [];
  const row = (driver: BenchDriver, users: number) =>
    rows.find((r) => r.driver === driver && r.users === users);
  const goals: Goal[] = [];
  const add = (name: string, value: number | undefined, unit: string, goal: number | null) => {
    if (value === undefined || !Number.isFinite(value)) return;
    goals.push({ name, value, unit, goal, reached: goal === null ? null : value <= goal });
  };

  add(
    `settled, robots / bare, ${low} users`,
    ratio(row('robots-connect', low), row('bare', low), 'settledMs'),
    '',
    1.5,
  );
  if (high !== low) {
    for (const driver of BENCH_DRIVERS) {
      const [a, b] = [row(driver, low), row(driver, high)];
      const slope = a && b && Math.round((b.peakBytes - a.peakBytes) / (high - low));
      add(`peak memory, ${driver}, slope ${low} to ${high} users`, slope, 'bytes/user', null);
    }
    for (const driver of BENCH_DRIVERS) {
      const cost = ratio(row(driver, high), row(driver, low), 'cpuMicrosPerUser');
      add(`CPU a user, ${driver}, ${high} / ${low} users`, cost, '', driver === 'bare' ? null : 1.2);
    }
  }
  // A second is too short: there its first samples, before they are compiled, and its last snapshot weigh most.
  const percents = rows.flatMap(({ driver, observerCpuPercent: percent }) =>
    driver === 'robots' && percent !== null ? [percent] : [],
  );
  const busiest = percents.length > 0 ? Math.max(...percents) : undefined;
  add('observer, whole life, the busiest row', busiest, '% of a core', 5);
  return goals;
}

function ratio(
  of: Row | undefined,
  to: Row | undefined,
  key: 'settledMs' | 'cpuMicrosPerUser',
): number | undefined {
  return of && to && Math.round((of[key] / to[key]) * 100) / 100;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function tenths(number: number): number {
  return Math.round(number * 10) / 10;
}

/** What the bench makes of its measurements: medians and figures per user. Pure. */
import type { BenchDriver } from './drivers.ts';

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
  /** Users that came after the round had begun; absent for a driver that plays none. */
  late?: number;
  /** CPU of the observer while it sampled, percent of a core; absent where there is none. */
  observerCpuPercent?: number;
}

/** One side of a row. Per user means: beyond what one user costs, over the others. */
interface SideFigures {
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
  /** The sum over all trials of those that came too late for the round. */
  late: number;
  settledMs: number;
  usersPerSecond: number;
  gateway: SideFigures;
  bets: { placed: number; acked: number } | null;
  observerCpuPercent: number | null;
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
    failed: sum(group.map(({ failed }) => failed)),
    late: sum(group.map(({ late = 0 }) => late)),
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function tenths(number: number): number {
  return Math.round(number * 10) / 10;
}

/** What `bench --scale` makes of its runs: medians a user, and how the two sizes compare. Pure. */
import { median, type Row } from '../figures.ts';
import { type Goal, goalOf } from '../goals.ts';
import { SCALE_PARTS, type ScalePart, type ScaleRun } from './scale-run.ts';

/** A user's share of a part, or of everything. Nothing is subtracted: with more users there are more processes. */
export interface UserCost {
  cpuMicrosPerUser: number;
  bytesPerUser: number;
}

/** Medians of the runs with so many users. */
export interface ScaleRow extends UserCost {
  users: number;
  gateways: number;
  runs: number;
  /** The sums over all runs. */
  failed: number;
  late: number;
  bets: { placed: number; acked: number };
  settledMs: number;
  /** A part that could not be had is null. */
  parts: Record<ScalePart, UserCost | null>;
}

/** At most so many times what a user costs at the lower size. */
const GROWTH = 1.2;
/** At most so many times the CPU of a bare socket. */
const OVER_BARE = 2.2;

/** One row for each size, in the order in which they first come. */
export function scaleRows(runs: readonly ScaleRun[]): ScaleRow[] {
  return [...Map.groupBy(runs, ({ users }) => users).values()].map(rowOf);
}

function rowOf(group: readonly ScaleRun[]): ScaleRow {
  const { users, gateways } = group[0] as ScaleRun;
  const of = (read: (run: ScaleRun) => number) => group.map(read);
  const perUser = (cpu: (run: ScaleRun) => number, bytes: (run: ScaleRun) => number): UserCost => ({
    cpuMicrosPerUser: Math.round((median(of(cpu)) / users) * 10) / 10,
    bytesPerUser: Math.round(median(of(bytes)) / users),
  });
  const part = (name: ScalePart): UserCost | null => {
    if (group.some(({ parts }) => parts[name] === undefined)) return null;
    const cost = (run: ScaleRun) => run.parts[name] ?? { cpuMicros: 0, peakBytes: 0 };
    return perUser(
      (run) => cost(run).cpuMicros,
      (run) => cost(run).peakBytes,
    );
  };
  return {
    users,
    gateways,
    runs: group.length,
    failed: sum(of(({ failed }) => failed)),
    late: sum(of(({ late }) => late)),
    bets: { placed: sum(of(({ bets }) => bets.placed)), acked: sum(of(({ bets }) => bets.acked)) },
    settledMs: Math.round(median(of(({ settledMs }) => settledMs)) * 10) / 10,
    ...perUser(
      ({ cpuMicros }) => cpuMicros,
      ({ bytes }) => bytes,
    ),
    parts: Object.fromEntries(SCALE_PARTS.map((name) => [name, part(name)])) as ScaleRow['parts'],
  };
}

/** The summary: the larger size beside the smaller, and of `bench`'s rows a whole life beside a bare socket. What is not there is left out. */
export function scaleGoals(rows: readonly ScaleRow[], trials: readonly Row[]): Goal[] {
  const [low, high] = rows.toSorted((a, b) => a.users - b.users);
  const goals: Goal[] = [];
  const add = (name: string, value: number, goal: number | null) => {
    if (Number.isFinite(value))
      goals.push(goalOf({ name, value: Math.round(value * 100) / 100, unit: '', goal, is: 'at most' }));
  };
  if (low && high) {
    const sizes = `${high.users} / ${low.users} users`;
    for (const [key, what] of [
      ['cpuMicrosPerUser', 'CPU'],
      ['bytesPerUser', 'memory'],
    ] as const) {
      add(`${what} a user, everything, ${sizes}`, high[key] / low[key], GROWTH);
      for (const name of SCALE_PARTS) {
        const [more, less] = [high.parts[name]?.[key], low.parts[name]?.[key]];
        add(`${what} a user, ${name}, ${sizes}`, (more ?? Number.NaN) / (less ?? Number.NaN), null);
      }
    }
  }
  for (const { users, cpuMicrosPerUser } of trials.filter(({ driver }) => driver === 'robots')) {
    const bare = trials.find((row) => row.driver === 'bare' && row.users === users)?.cpuMicrosPerUser;
    add(`CPU a user, robots / bare, ${users} users`, cpuMicrosPerUser / (bare ?? Number.NaN), OVER_BARE);
  }
  return goals;
}

/** What the reader has to know about the figures. */
export function scaleNotes(rows: readonly ScaleRow[]): string[] {
  return [
    'per user: the whole of every process, its start as well, over its users; the memory of the kernel for sockets is not in it',
    ...rows.flatMap(({ users, runs, failed, late, bets }) => [
      ...(failed > 0 ? [`${users} users: ${failed} failed in ${runs} runs: this row measures nothing`] : []),
      ...(late > 0
        ? [`${users} users: ${late} arrived after the round had begun: this row measures nothing`]
        : []),
      ...(bets.acked < bets.placed
        ? [`${users} users: ${bets.placed} bets placed, ${bets.acked} acked`]
        : []),
    ]),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

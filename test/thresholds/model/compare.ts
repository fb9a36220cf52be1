import { robots } from '../../../lab/drivers/robots-driver.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { linuxInputOf } from '../../../lab/laws/queue-model/from-run.ts';
import { simulate } from '../../../lab/laws/queue-model/simulate.ts';
import { measure } from '../../../lab/run/measure.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import type { Point } from './grid.ts';

/** What one side says of a point. */
export interface Side {
  /** Users by `outcome stage errno`. */
  stages: Record<string, number>;
  outcomes: Record<string, number>;
  /** Ms after connect(2) was called, ascending. */
  connected: number[];
  ended: number[];
  counters: Record<string, number>;
}

export interface Comparison {
  model: Side;
  kernel: Side;
  /** The largest difference of the two distributions of connect times, by whole seconds: 0 the same, 1 nothing in common. */
  apart: number;
  /** Milliseconds between the times at which the same rank of users ended; undefined when nobody did. */
  endedApartMs: number | undefined;
}

const PATIENT = { rounds: 0, nofile: 8192, connect_timeout_ms: 30_000 };

/** Runs the point on this kernel, in a network namespace, and the model on what was read back. */
export async function compare(point: Point): Promise<Comparison> {
  const settings = resolveSettings([fromFlags(point.settings)], PATIENT);
  await netns.check(settings);
  const evidence = await measure({ runtime: netns, driver: robots, settings, label: newLabel() });
  const input = linuxInputOf(evidence);
  if (input === undefined) throw new Error(`${point.title}: the run says too little of itself`);
  const { users, counters } = simulate(input);
  const model = side(users, counters);
  const kernel = side([...evidence.fleet.users], countersOf(evidence));
  // Those that were waiting before came in before the model begins.
  if (kernel.counters['Tcp PassiveOpens']) kernel.counters['Tcp PassiveOpens'] -= evidence.asked.waiting;
  return {
    model,
    kernel,
    apart: distance(bySecond(model.connected), bySecond(kernel.connected)),
    endedApartMs: rankDistance(model.ended, kernel.ended),
  };
}

interface Seen {
  outcome: string;
  stage: string;
  errno?: string;
  connectedMs?: number;
  endedMs?: number;
}

function side(users: readonly Seen[], counters: Record<string, number>): Side {
  return {
    stages: tally(users.map(({ outcome, stage, errno = '' }) => `${outcome} ${stage} ${errno}`.trim())),
    outcomes: tally(users.map(({ outcome }) => outcome)),
    connected: ascending(users.map(({ connectedMs }) => connectedMs)),
    ended: ascending(users.map(({ endedMs }) => endedMs)),
    counters,
  };
}

function countersOf(evidence: Evidence): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { deltas } of evidence.observer.series) Object.assign(all, deltas);
  return all;
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function ascending(times: readonly (number | undefined)[]): number[] {
  return times.flatMap((time) => (time === undefined ? [] : [time])).sort((a, b) => a - b);
}

/** A SYN is sent again at whole seconds, up to an eighth late. */
function bySecond(times: readonly number[]): number[] {
  return times.map((ms) => Math.floor((ms + 20) / 1000));
}

/** Kolmogorov and Smirnov's: of two ascending samples. */
function distance(a: readonly number[], b: readonly number[]): number {
  const below = (sample: readonly number[], value: number) =>
    sample.length === 0 ? 0 : sample.filter((one) => one <= value).length / sample.length;
  return Math.max(
    0,
    ...[...new Set([...a, ...b])].map((value) => Math.abs(below(a, value) - below(b, value))),
  );
}

function rankDistance(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length === 0 || a.length !== b.length) return undefined;
  return Math.max(...a.map((ms, rank) => Math.abs(ms - (b[rank] as number))));
}

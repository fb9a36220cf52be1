import { highestNofile } from '../../../system/machine-limits.ts';
import { robots } from '../../drivers/robots-driver.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { measureEach } from '../../run/measure.ts';
import { newLabel } from '../../runtimes/label.ts';
import type { Runtime } from '../../runtimes/runtime.ts';
import { checkCapacity } from '../../settings/capacity.ts';
import { type ResolvedSettings, resolveSettings } from '../../settings/setting-sources.ts';
import { usersOfEach } from '../../settings/shares.ts';
import type { Cost } from '../figures.ts';
import { LabWatch } from './lab-watch.ts';

/** Users of a gateway at most: with its queue and its log it has descriptors for them below a hard limit of 20 000. */
export const USERS_PER_GATEWAY = 15_000;

/** What a run needs, each summed over its processes: the fleets, the gateways, the observers beside them, this process. */
export const SCALE_PARTS = ['fleet', 'gateway', 'observer', 'lab'] as const;
export type ScalePart = (typeof SCALE_PARTS)[number];

/** One run with so many users, whole lives: what all of it cost together, and each part. */
export interface ScaleRun {
  users: number;
  gateways: number;
  failed: number;
  /** Users that came after the round had begun in which they were to bet. */
  late: number;
  bets: { placed: number; acked: number };
  /** From the first connect until all are open, ms: the slowest fleet's. */
  settledMs: number;
  /** CPU of everything, microseconds. */
  cpuMicros: number;
  /** The peaks of everything together, bytes. */
  bytes: number;
  /** A part that could not be had is absent. */
  parts: Partial<Record<ScalePart, Cost>>;
}

/** Runs so many users on `runtime`. An abort throws its reason. */
export type RunScale = (users: number) => Promise<ScaleRun>;

/** Throws UsageError where this machine has not the ports, the descriptors or the memory for so many users. */
export async function checkScale(runtime: Runtime, users: number): Promise<void> {
  const settings = settingsFor(users, sharesOf(users));
  checkCapacity(settings, runtime.name !== 'native');
  await runtime.check(settings);
}

/** The users of each gateway, where one takes so many at most. */
export function sharesOf(users: number, perGateway = USERS_PER_GATEWAY): number[] {
  return usersOfEach({ users, gateways: Math.ceil(users / perGateway) });
}

/** Users come so fast, one in so many ms: 100 000 over 15 s. */
const APART_MS = 0.15;
/** Descriptors of a gateway beside its users. */
const REST = 100;

/** Gives what runs users: as `run` does, with one gateway for each share of them, and a whole life each. */
export function scaleRunner(runtime: Runtime, signal: AbortSignal, perGateway = USERS_PER_GATEWAY): RunScale {
  return async (users) => {
    signal.throwIfAborted();
    const shares = sharesOf(users, perGateway);
    const settings = settingsFor(users, shares);
    await runtime.check(settings);
    const lab = new LabWatch();
    const options = { runtime, driver: robots, settings, label: newLabel(), signal };
    const evidences = await measureEach(options);
    signal.throwIfAborted();
    const done = evidences.flatMap(({ fleet }) => fleet.done ?? []);
    const parts = {
      fleet: total(done.map(({ self }) => ({ cpuMicros: self.cpuMicros ?? 0, peakBytes: self.rss ?? 0 }))),
      gateway: total(evidences.map(gatewayCost)),
      observer: total(
        evidences.map(({ observer }) => ({
          cpuMicros: observer.after?.cost.cpuMicros ?? 0,
          peakBytes: observer.after?.cost.rss ?? 0,
        })),
      ),
      lab: lab.cost(),
    };
    const all = total(Object.values(parts));
    return {
      users,
      gateways: shares.length,
      failed: sum(done.map(({ failed }) => failed)),
      late:
        users - sum(evidences.map(({ gateway }) => Math.max(0, ...gateway.rounds.map((r) => r.audience)))),
      bets: {
        placed: sum(done.map(({ bets }) => bets.placed)),
        acked: sum(done.map(({ bets }) => bets.acked)),
      },
      settledMs: Math.max(...done.map(({ settledMs }) => settledMs)),
      cpuMicros: all.cpuMicros,
      bytes: all.peakBytes,
      parts,
    };
  };
}

function settingsFor(users: number, shares: readonly number[]): ResolvedSettings {
  const nofile = Math.min(highestNofile(), Math.max(...shares) + REST);
  return resolveSettings([{ users: { value: `${users}`, where: '--users' } }], {
    gateways: shares.length,
    nofile,
    ramp: `${Math.ceil(users * APART_MS)}ms`,
    connect_timeout_ms: 60_000,
  });
}

/** CPU time as the observer read it last, and the most memory of its own samples. */
function gatewayCost({ gateway, observer }: Evidence): Cost {
  const cpuMs = observer.series.findLast((line) => line.cpuMs !== undefined)?.cpuMs ?? 0;
  return {
    cpuMicros: cpuMs * 1000,
    peakBytes: Math.max(0, ...gateway.samples.map(({ memory }) => memory.rss)),
  };
}

function total(costs: readonly Cost[]): Cost {
  return {
    cpuMicros: sum(costs.map(({ cpuMicros }) => cpuMicros)),
    peakBytes: sum(costs.map(({ peakBytes }) => peakBytes)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

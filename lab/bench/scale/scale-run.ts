import { freemem } from 'node:os';
import { CannotRunError, UsageError } from '../../../common/errors.ts';
import { newLabel } from '../../runtimes/label.ts';
import type { Runtime, Stage } from '../../runtimes/runtime.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { benchSettings, freePort } from '../bench.ts';
import { startLoad } from '../bench-load.ts';
import {
  bounded,
  end,
  LOAD_MS,
  startMeasuredGateway,
  startObserver,
  temporaryFolder,
} from '../bench-trial.ts';
import { arrivalMs } from '../drivers.ts';
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

/** Bytes that a user takes in all at most, of every process and of the kernel: generous. */
const ROOM_PER_USER = 60_000;

/** Throws UsageError where this machine has not the ports, the descriptors or the memory for so many users. */
export async function checkScale(runtime: Runtime, users: number): Promise<void> {
  const share = Math.max(...sharesOf(users));
  await runtime.check(benchSettings(runtime, 8080, share, 'robots', 0));
  const needed = users * ROOM_PER_USER;
  if (needed > freemem())
    throw new UsageError(
      `--users ${users}: takes up to ${gigabytes(needed)} GB, and ${gigabytes(freemem())} are free; allowed here: up to ${Math.floor(freemem() / ROOM_PER_USER)}`,
    );
}

/** The users of each gateway, where one takes so many at most. */
export function sharesOf(users: number, perGateway = USERS_PER_GATEWAY): number[] {
  const gateways = Math.ceil(users / perGateway);
  const boundary = (i: number) => Math.floor((users * i) / gateways);
  return Array.from({ length: gateways }, (_, i) => boundary(i + 1) - boundary(i));
}

/** Gives what runs users: in one place, with one gateway, one observer and one fleet for each share of them, all at once. */
export function scaleRunner(runtime: Runtime, signal: AbortSignal, perGateway = USERS_PER_GATEWAY): RunScale {
  return async (users) => {
    const shares = sharesOf(users, perGateway);
    const pauseMs = arrivalMs('robots', users);
    const run = await runOnce(runtime, shares, pauseMs, signal);
    // Who came after the round had begun waited for the next: not the same life.
    return run.late > 0 ? runOnce(runtime, shares, 2 * pauseMs, signal) : run;
  };
}

async function runOnce(
  runtime: Runtime,
  shares: readonly number[],
  pauseMs: number,
  signal: AbortSignal,
): Promise<ScaleRun> {
  signal.throwIfAborted();
  const lab = new LabWatch();
  const users = sum(shares);
  const settings: ResolvedSettings[] = [];
  for (const [i, share] of shares.entries()) {
    const port = runtime.name === 'native' ? await freePort() : 8080 + i;
    settings.push(benchSettings(runtime, port, share, 'robots', pauseMs, users));
  }
  await using stage = await runtime.open(settings[0] as ResolvedSettings, newLabel());
  using folder = temporaryFolder();
  const trios = await Promise.all(settings.map((own) => startServer(stage, own, signal)));
  const loads = await Promise.all(
    trios.map(({ gateway, values }) =>
      startLoad(
        stage,
        'robots',
        {},
        {
          host: stage.targetHost,
          port: gateway.listening.port,
          settings: values,
          folder: folder.path,
        },
      ),
    ),
  );
  for (const load of loads) {
    const { code, output } = await bounded(LOAD_MS, load.part.ended, signal, 'robots: did not end');
    if (code !== 0) throw new CannotRunError(`robots: code ${code}: ${output.split('\n')[0] ?? ''}`);
  }
  await Promise.all(trios.map(({ observer }) => observer && end(observer.part, 'observer', signal)));
  await Promise.all(trios.map(({ gateway }) => end(gateway.part, 'gateway', signal)));
  const results = loads.map((load) => load.result());
  const audience = sum(trios.map(({ gateway }) => Math.max(0, ...gateway.rounds.map((r) => r.audience))));
  const observers = trios.flatMap(({ observer }) => observer ?? []);
  const parts = {
    fleet: total(loads.map((load) => load.cost())),
    gateway: total(trios.map(({ gateway }) => gateway.cost())),
    ...(observers.length > 0 && { observer: total(observers.map((observer) => observer.cost())) }),
    lab: lab.cost(),
  };
  const all = total(Object.values(parts));
  return {
    users,
    gateways: shares.length,
    failed: sum(results.map(({ failed }) => failed)),
    late: users - audience,
    bets: {
      placed: sum(results.map(({ bets }) => bets?.placed ?? 0)),
      acked: sum(results.map(({ bets }) => bets?.acked ?? 0)),
    },
    settledMs: Math.max(...results.map(({ settledMs }) => settledMs)),
    cpuMicros: all.cpuMicros,
    bytes: all.peakBytes,
    parts,
  };
}

/** A gateway whose first round, for nobody, is over, and an observer beside it. */
async function startServer(stage: Stage, { values }: ResolvedSettings, signal: AbortSignal) {
  const gateway = await startMeasuredGateway(stage, { values });
  const { pid, port } = gateway.listening;
  const observer = await startObserver(stage, pid, port, signal);
  await bounded(LOAD_MS, gateway.firstRound, signal, 'gateway: no round closed');
  return { gateway, observer, values };
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

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

import { fileURLToPath } from 'node:url';
import { robotsEnvironment } from '../drivers/robots.ts';
import { CannotRunError } from '../errors.ts';
import type { ObserverLine, SnapshotLine } from '../evidence/lines.ts';
import { gatewayEnvironment } from '../run/gateway.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Part, PartSpec, Runtime, Stage } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/sources.ts';
import type { BenchDriver, Cost, Trial } from './figures.ts';
import type { CostLine } from './probe.ts';

const PROBE = fileURLToPath(new URL('./probe.ts', import.meta.url));
const START_MS = 20_000;
const LOAD_MS = 120_000;
const END_MS = 8000;

/** What the generators' last line holds: ours and the bare one's. */
type Result = {
  event?: 'done';
  failed: number;
  settledMs: number;
  bets?: { placed: number; acked: number };
  self?: { processes: number; rss: number; cpuMicros: number };
};

/**
 * One execution: a fresh gateway, an observer beside it, one generator. Everything started has ended when this returns
 * or throws. An abort throws its reason.
 */
export async function runTrial(
  runtime: Runtime,
  settings: ResolvedSettings,
  driver: BenchDriver,
  signal: AbortSignal,
): Promise<Trial> {
  signal.throwIfAborted();
  await using stage = await runtime.open(settings, newLabel());
  const gateway = await startGateway(stage, settings, signal);
  const observer = await startObserver(stage, gateway.pid, gateway.port, signal);
  const { result, cost: load } = await runLoad(stage, settings, driver, gateway.port, signal);
  const observerCpuPercent = observer && (await endObserver(observer, signal));
  await gateway.part.signal('SIGTERM');
  await within(END_MS, gateway.part.ended, signal, 'gateway: did not end');
  const { self } = result;
  return {
    driver,
    users: settings.values.users,
    failed: result.failed,
    settledMs: result.settledMs,
    // A fleet of several processes sums them up itself; the probe sees the first one only.
    load: self && self.processes > 1 ? { cpuMicros: self.cpuMicros, peakBytes: self.rss } : load,
    gateway: gateway.cost(),
    ...(result.bets && { bets: result.bets }),
    ...(observerCpuPercent !== undefined && { observerCpuPercent }),
  };
}

async function startGateway(stage: Stage, { values }: ResolvedSettings, signal: AbortSignal) {
  const listening = Promise.withResolvers<{ pid: number; port: number }>();
  const { part, cost } = await startMeasured(stage, {
    role: 'gateway',
    module: 'gateway/main.ts',
    env: { ...gatewayEnvironment(values), HOST: stage.listenHost },
    nofile: values.nofile,
    onLine: (line) => {
      if ((line as { event: string }).event === 'listening')
        listening.resolve(line as { pid: number; port: number });
    },
  });
  const died = diedEarly(part, 'gateway');
  const { pid, port } = await within(
    START_MS,
    Promise.race([listening.promise, died]),
    signal,
    'gateway: not listening',
  );
  return { part, cost, pid, port };
}

interface Observer {
  part: Part;
  snapshots: Partial<Record<SnapshotLine['when'], SnapshotLine>>;
}

/** Undefined where there is nothing to observe (no /proc): the bench goes on without. */
async function startObserver(
  stage: Stage,
  pid: number,
  port: number,
  signal: AbortSignal,
): Promise<Observer | undefined> {
  const first = Promise.withResolvers<void>();
  const snapshots: Observer['snapshots'] = {};
  const part = await stage.start({
    role: 'observer',
    module: 'lab/evidence/observer.ts',
    env: { GATEWAY_PID: String(pid), GATEWAY_PORT: String(port) },
    onLine: (line) => {
      const parsed = line as ObserverLine;
      if (parsed.event === 'snapshot') snapshots[parsed.when] = parsed;
      first.resolve();
    },
  });
  const began = await within(
    START_MS,
    Promise.race([first.promise.then(() => true), part.ended.then(() => false)]),
    signal,
    'observer: did not start',
  );
  return began ? { part, snapshots } : undefined;
}

/** Its CPU between its first snapshot and its last, percent of a core: the start of Node is not sampling. */
async function endObserver({ part, snapshots }: Observer, signal: AbortSignal): Promise<number | undefined> {
  await part.signal('SIGTERM');
  await within(END_MS, part.ended, signal, 'observer: did not end');
  const { before, after } = snapshots;
  if (!before || !after) return undefined;
  const wallMs = after.cost.wallMs - before.cost.wallMs;
  return (after.cost.cpuMicros - before.cost.cpuMicros) / wallMs / 10;
}

async function runLoad(
  stage: Stage,
  { values }: ResolvedSettings,
  driver: BenchDriver,
  port: number,
  signal: AbortSignal,
): Promise<{ result: Result; cost: Cost }> {
  let result: Result | undefined;
  const { part, cost } = await startMeasured(stage, {
    role: 'robots',
    module: driver === 'bare' ? 'robots/bare.ts' : 'robots/main.ts',
    env: { ...robotsEnvironment(values), TARGET_HOST: stage.targetHost, TARGET_PORT: String(port) },
    ...(values.robots_nofile === undefined ? {} : { nofile: values.robots_nofile }),
    onLine: (line) => {
      const { event } = line as { event?: string };
      if (event === undefined || event === 'done') result = line as Result;
    },
  });
  const { output } = await within(LOAD_MS, part.ended, signal, `${driver}: did not end`);
  if (result === undefined) throw new CannotRunError(`${driver}: no result: ${output.split('\n')[0] ?? ''}`);
  return { result, cost: cost() };
}

/** Starts a part with the probe in it. */
async function startMeasured(stage: Stage, spec: PartSpec): Promise<{ part: Part; cost: () => Cost }> {
  const options = process.env.NODE_OPTIONS ?? '';
  let last: CostLine | undefined;
  const part = await stage.start({
    ...spec,
    env: { ...spec.env, NODE_OPTIONS: `${options} --import=${PROBE}`, BENCH_NODE_OPTIONS: options },
    onLine: (line) => {
      if ((line as CostLine).event === 'cost') last = line as CostLine;
      else spec.onLine(line);
    },
  });
  return {
    part,
    cost() {
      if (last === undefined) throw new CannotRunError(`${spec.role}: ended without telling its cost`);
      return { cpuMicros: last.cpuMicros, peakBytes: last.peakRss };
    },
  };
}

function diedEarly(part: Part, name: string): Promise<never> {
  const died = part.ended.then(({ output }): never => {
    throw new CannotRunError(`${name}: did not start: ${output.split('\n')[0] ?? ''}`);
  });
  died.catch(() => {});
  return died;
}

/** The promise, bounded in time, and by an abort. */
async function within<T>(ms: number, promise: Promise<T>, signal: AbortSignal, says: string): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new CannotRunError(`${says} in ${ms / 1000} s`)), ms);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, cut]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

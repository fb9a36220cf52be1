import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '../../common/defined.ts';
import { CannotRunError } from '../../common/errors.ts';
import { within } from '../../common/waiting.ts';
import type { RoundLine } from '../../protocol/gateway-events.ts';
import type { ObserverLine, SnapshotLine } from '../../protocol/observer-events.ts';
import { startGateway } from '../run/start-gateway.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Part, PartSpec, Runtime, Stage } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { type Measured, startLoad, startMeasured } from './bench-load.ts';
import { type BenchDriver, type Paths, playsRound } from './drivers.ts';
import type { Trial } from './figures.ts';

const START_MS = 20_000;
const LOAD_MS = 240_000;
const END_MS = 8000;

/**
 * One execution: a fresh gateway, an observer beside it, one generator. Everything started has ended when this returns
 * or throws. An abort throws its reason.
 */
export async function runTrial(
  runtime: Runtime,
  settings: ResolvedSettings,
  driver: BenchDriver,
  paths: Paths,
  signal: AbortSignal,
): Promise<Trial> {
  signal.throwIfAborted();
  await using stage = await runtime.open(settings, newLabel());
  using folder = temporaryFolder();
  const { values } = settings;
  const gateway = await startMeasuredGateway(stage, settings);
  const { pid, port } = gateway.listening;
  const observer = await startObserver(stage, pid, port, signal);
  // It opens as the gateway starts, for nobody. Who came in the middle of it would hear more than one round.
  await bounded(START_MS, gateway.firstRound, signal, 'gateway: no round closed');
  const load = await startLoad(stage, driver, paths, {
    host: stage.targetHost,
    port,
    settings: values,
    folder: folder.path,
  });
  const { code, output } = await bounded(LOAD_MS, load.part.ended, signal, `${driver}: did not end`);
  if (code !== 0) throw new CannotRunError(`${driver}: code ${code}: ${output.split('\n')[0] ?? ''}`);
  if (observer) await end(observer.part, 'observer', signal);
  await end(gateway.part, 'gateway', signal);
  const { failed, settledMs, bets } = load.result();
  const audience = Math.max(0, ...gateway.rounds.map((round) => round.audience));
  return {
    driver,
    users: values.users,
    failed,
    settledMs,
    load: load.cost(),
    gateway: gateway.cost(),
    ...(playsRound(driver) && defined({ late: values.users - audience, bets })),
    ...defined({ observerCpuPercent: observer && cpuPercent(observer.snapshots) }),
  };
}

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'resetlab-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function startMeasuredGateway(stage: Stage, { values }: ResolvedSettings) {
  const firstRound = Promise.withResolvers<void>();
  const rounds: RoundLine[] = [];
  let measured: Measured | undefined;
  const start = async (spec: PartSpec) => {
    measured = await startMeasured(stage, spec);
    return measured.part;
  };
  const gateway = await startGateway({ start, listenHost: stage.listenHost }, values, (line) => {
    if (line.event !== 'round') return;
    rounds.push(line);
    firstRound.resolve();
  });
  return { ...gateway, cost: () => (measured as Measured).cost(), rounds, firstRound: firstRound.promise };
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
  const first = Promise.withResolvers<boolean>();
  const snapshots: Observer['snapshots'] = {};
  const part = await stage.start({
    role: 'observer',
    module: 'lab/evidence/observer.ts',
    env: { GATEWAY_PID: String(pid), GATEWAY_PORT: String(port) },
    onLine: (line) => {
      const parsed = line as ObserverLine;
      if (parsed.event === 'snapshot') snapshots[parsed.when] = parsed;
      if (parsed.event !== 'raw') first.resolve(true);
    },
  });
  const began = Promise.race([first.promise, part.ended.then(() => false)]);
  return (await bounded(START_MS, began, signal, 'observer: did not start'))
    ? { part, snapshots }
    : undefined;
}

/** Its CPU between its first snapshot and its last, percent of a core: the start of Node is not sampling. */
function cpuPercent({ before, after }: Observer['snapshots']): number | undefined {
  if (!before || !after) return undefined;
  const wallMs = after.cost.wallMs - before.cost.wallMs;
  return (after.cost.cpuMicros - before.cost.cpuMicros) / wallMs / 10;
}

async function end(part: Part, who: string, signal: AbortSignal): Promise<void> {
  await part.signal('SIGTERM');
  await bounded(END_MS, part.ended, signal, `${who}: did not end`);
}

/** What the promise gives. Throws CannotRunError with `says` when that takes longer, and the signal's reason on an abort. */
function bounded<T>(ms: number, promise: Promise<T>, signal: AbortSignal, says: string): Promise<T> {
  return within(ms, promise, new CannotRunError(`${says} in ${ms / 1000} s`), signal);
}

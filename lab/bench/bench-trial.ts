import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotRunError } from '../../common/errors.ts';
import type { RoundLine } from '../../protocol/gateway-events.ts';
import { startGateway } from '../run/start-gateway.ts';
import { newLabel } from '../runtimes/label.ts';
import type { PartSpec, Runtime, Stage } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { type Measured, startLoad, startMeasured } from './bench-load.ts';
import { endObserver, startObserver } from './bench-observer.ts';
import { type BenchDriver, type Paths, playsRound } from './drivers.ts';
import type { Trial } from './figures.ts';
import { within } from './within.ts';

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
  await within(START_MS, gateway.firstRound, signal, 'gateway: no round closed');
  const load = await startLoad(stage, driver, paths, {
    host: stage.targetHost,
    port,
    settings: values,
    folder: folder.path,
  });
  const { code, output } = await within(LOAD_MS, load.part.ended, signal, `${driver}: did not end`);
  if (code !== 0) throw new CannotRunError(`${driver}: code ${code}: ${output.split('\n')[0] ?? ''}`);
  const observerCpuPercent = observer && (await endObserver(observer, signal));
  await gateway.part.signal('SIGTERM');
  await within(END_MS, gateway.part.ended, signal, 'gateway: did not end');
  const { failed, settledMs, bets } = load.result();
  const audience = Math.max(0, ...gateway.rounds.map((round) => round.audience));
  return {
    driver,
    users: values.users,
    failed,
    settledMs,
    load: load.cost(),
    gateway: gateway.cost(),
    ...(playsRound(driver) && { late: values.users - audience }),
    ...(playsRound(driver) && bets && { bets }),
    ...(observerCpuPercent !== undefined && { observerCpuPercent }),
  };
}

async function startMeasuredGateway(stage: Stage, { values }: ResolvedSettings) {
  const firstRound = Promise.withResolvers<void>();
  const rounds: RoundLine[] = [];
  let cost: Measured['cost'] | undefined;
  const start = async (spec: PartSpec) => {
    const measured = await startMeasured(stage, spec);
    cost = measured.cost;
    return measured.part;
  };
  const gateway = await startGateway({ start, listenHost: stage.listenHost }, values, (line) => {
    if (line.event !== 'round') return;
    rounds.push(line);
    firstRound.resolve();
  });
  return { ...gateway, cost: cost as Measured['cost'], rounds, firstRound: firstRound.promise };
}

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'resetlab-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

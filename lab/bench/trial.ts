import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayLine, ListeningLine, RoundLine } from '../../gateway/lines.ts';
import { CannotRunError } from '../errors.ts';
import { gatewayEnvironment } from '../run/gateway.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Part, Runtime, Stage } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/sources.ts';
import { type BenchDriver, type Paths, playsRound } from './drivers.ts';
import type { Trial } from './figures.ts';
import { startLoad, startMeasured } from './load.ts';
import { endObserver, startObserver } from './observer.ts';
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
  const gateway = await startGateway(stage, settings, signal);
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

async function startGateway(stage: Stage, { values }: ResolvedSettings, signal: AbortSignal) {
  const first = Promise.withResolvers<ListeningLine>();
  const firstRound = Promise.withResolvers<void>();
  const rounds: RoundLine[] = [];
  const { part, cost } = await startMeasured(stage, {
    role: 'gateway',
    module: 'gateway/main.ts',
    env: { ...gatewayEnvironment(values), HOST: stage.listenHost },
    nofile: values.nofile,
    onLine: (line) => {
      const parsed = line as GatewayLine;
      if (parsed.event === 'listening') first.resolve(parsed);
      if (parsed.event !== 'round') return;
      rounds.push(parsed);
      firstRound.resolve();
    },
  });
  const died = diedEarly(part, 'gateway');
  const listening = await within(
    START_MS,
    Promise.race([first.promise, died]),
    signal,
    'gateway: not listening',
  );
  return { part, cost, listening, rounds, firstRound: firstRound.promise };
}

function diedEarly(part: Part, name: string): Promise<never> {
  const died = part.ended.then(({ output }): never => {
    throw new CannotRunError(`${name}: did not start: ${output.split('\n')[0] ?? ''}`);
  });
  died.catch(() => {});
  return died;
}

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'resetlab-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { pause, within } from '../../../common/waiting.ts';
import type { ObserverLine } from '../../../protocol/observer-events.ts';
import { readBootId } from '../../../system/host.ts';
import { startTracer, type Tracer } from '../../evidence/linux/trace/tracer.ts';
import { newLabel } from '../../runtimes/label.ts';
import { endPart, LABEL_FLAG } from '../../runtimes/processes.ts';
import type { Part, Runtime, Stage } from '../../runtimes/runtime.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { processesWith } from './cpu-time.ts';
import type { LedgerCase } from './ledger-case.ts';
import { holdUp, shrinkBuffer } from './small-buffer.ts';
import { type Shares, sharesBetween, takeSnapshot } from './snapshot.ts';

const START_MS = 20_000;
const OPEN_MS = 60_000;
/** Before it is measured: code is compiled, queues have filled. */
const WARM_MS = 1000;
/** The load goes on for so long after it was measured. */
const OVER_MS = 300;
/** For so long `ss` gets no processor, as on a machine that is busy. */
const HELD_MS = 500;
/** What was told late is still waited for. */
const LATE_MS = 1500;

/** One execution. */
export interface LedgerTrial {
  of: LedgerCase;
  /** Which repetition: with and without the ledger are compared within one. */
  round: number;
  /** What everybody worked while it was measured, percent of a core. */
  shares: Shares;
  /** Most memory that observer, `ss` and tracer had, bytes. */
  peakBytes: number;
  /** Connections of the load; those that failed; by how much the client was late at worst, ms. */
  opened: number;
  failed: number;
  lateMs: number;
  /** Connections that had ended, as the observer's ledger has them, and those that it said were lost to it. */
  told: number;
  lost: number;
  /** Events of tracefs that were lost. */
  tracedLost: number;
  /** Why a witness told nothing. */
  missing?: string;
}

interface ClientLine {
  event: 'begun' | 'done';
  opened: number;
  answered: number;
  failed: number;
  lateMs: number;
}

/** Runs one: server, observer, client in a namespace of their own. Everything has ended when this returns or throws. */
export async function runLedgerTrial(
  runtime: Runtime,
  settings: ResolvedSettings,
  of: LedgerCase,
  round: number,
  observerModule: string,
  signal: AbortSignal,
): Promise<LedgerTrial> {
  signal.throwIfAborted();
  const label = newLabel();
  await using stage = await runtime.open(settings, label);
  const server = await startServer(stage, settings, signal);
  const pid = pidOf(label, 'plain-server.ts');
  const observer = await startObserver(stage, observerModule, of, pid, settings.values.port, signal);
  await using tracer = of.ledger === 'tracefs' ? await trace(stage, label, settings) : undefined;
  const observerPid = pidOf(label, observerModule);
  if (of.load === 'small') shrinkBuffer(observerPid);
  const client = await startClient(stage, settings, of);
  await bounded(OPEN_MS, client.begun, signal, 'client: its connections did not open');
  const closesAtOnce = of.load === 'burst' || of.load === 'small';
  if (!closesAtOnce) await pause(WARM_MS, signal);
  const before = takeSnapshot(label);
  const held = of.load === 'small' ? holdUp(observerPid) : undefined;
  if (closesAtOnce) await server.signal('SIGTERM');
  if (held) await pause(HELD_MS, signal).finally(() => held.goOn());
  await pause(of.forMs, signal);
  const after = takeSnapshot(label);
  signal.throwIfAborted();
  if (of.load !== 'rate') await client.part.signal('SIGTERM');
  const { opened, answered, failed, lateMs } = await bounded(
    START_MS,
    client.done,
    signal,
    'client: did not end',
  );
  await pause(LATE_MS, signal);
  const traced = await tracer?.stop();
  await endPart(observer.part);
  return {
    of,
    round,
    shares: sharesBetween(before, after),
    peakBytes: after.peakBytes,
    opened,
    failed: Math.max(failed, opened - answered),
    lateMs,
    ...observer.told(),
    tracedLost: traced?.lost ?? 0,
    ...defined({ missing: observer.missing() ?? (traced?.available === false ? traced.why : undefined) }),
  };
}

async function startServer(stage: Stage, { values }: ResolvedSettings, signal: AbortSignal): Promise<Part> {
  const listening = Promise.withResolvers<void>();
  const part = await stage.start({
    role: 'gateway',
    module: 'lab/bench/ledger/plain-server.ts',
    env: { HOST: stage.listenHost, PORT: `${values.port}`, BACKLOG: `${values.backlog}` },
    nofile: values.nofile,
    onLine: () => listening.resolve(),
  });
  await bounded(START_MS, listening.promise, signal, 'server: did not listen');
  return part;
}

async function startObserver(
  stage: Stage,
  module: string,
  { ledger }: LedgerCase,
  pid: number,
  port: number,
  signal: AbortSignal,
) {
  const first = Promise.withResolvers<void>();
  let told = 0;
  const lost = new Map<string, number>();
  let missing: string | undefined;
  const part = await stage.start({
    role: 'observer',
    module,
    env: { GATEWAY_PID: `${pid}`, GATEWAY_PORT: `${port}`, ...(ledger === 'off' && { LEDGER: 'off' }) },
    onLine: (said) => {
      const line = said as ObserverLine;
      first.resolve();
      if (line.event === 'connections') told += line.list.filter(({ open }) => open !== true).length;
      if (line.event !== 'witness') return;
      lost.set(line.by, line.lost);
      missing ??= line.missing && `${line.by}: ${line.missing}`;
    },
  });
  await bounded(START_MS, first.promise, signal, 'observer: did not start');
  // Its witnesses begin after its first line.
  await pause(WARM_MS, signal);
  return {
    part,
    missing: () => missing,
    // One list, of two witnesses: what is lost to one may be what the other names as well.
    told: () => ({ told, lost: Math.max(0, ...lost.values()) }),
  };
}

function trace(stage: Stage, label: string, { values }: ResolvedSettings): Promise<Tracer> {
  return startTracer({ label, host: stage.targetHost, port: values.port, bootId: readBootId() });
}

async function startClient(stage: Stage, { values }: ResolvedSettings, of: LedgerCase) {
  const begun = Promise.withResolvers<void>();
  const done = Promise.withResolvers<ClientLine>();
  const part = await stage.start({
    role: 'robots',
    module: 'lab/bench/ledger/plain-client.ts',
    env: {
      HOST: stage.targetHost,
      PORT: `${values.port}`,
      ...(of.load === 'rate'
        ? { RATE: `${of.connections}`, MS: `${WARM_MS + of.forMs + OVER_MS}` }
        : { USERS: `${of.connections}` }),
    },
    ...defined({ nofile: values.robots_nofile }),
    onLine: (said) => {
      const line = said as ClientLine;
      if (line.event === 'begun') begun.resolve();
      else if (line.event === 'done') done.resolve(line);
    },
  });
  part.ended.then(({ output }) => {
    const ended = new CannotRunError(`client: ended: ${output.split('\n')[0]}`);
    begun.reject(ended);
    done.reject(ended);
  });
  // Whoever waits for them hears of it; nobody may.
  for (const { promise } of [begun, done]) promise.catch(() => {});
  return { part, begun: begun.promise, done: done.promise };
}

/** Of the part with this module in this run. Throws CannotRunError when there is none. */
function pidOf(label: string, module: string): number {
  const found = processesWith(LABEL_FLAG + label).find(({ command }) => command.includes(module));
  if (found === undefined) throw new CannotRunError(`${module}: no such process`);
  return found.pid;
}

function bounded<T>(ms: number, promise: Promise<T>, signal: AbortSignal, says: string): Promise<T> {
  return within(ms, promise, new CannotRunError(`${says} in ${ms / 1000} s`), signal);
}

import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { programName } from '../../../common/own-files.ts';
import { pause } from '../../../common/waiting.ts';
import { newLabel } from '../../runtimes/label.ts';
import { LABEL_FLAG } from '../../runtimes/processes.ts';
import type { Runtime } from '../../runtimes/runtime.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { processesWith } from './cpu-time.ts';
import { elsewhere } from './elsewhere.ts';
import { isRate, type LedgerCase } from './ledger-case.ts';
import { startWitnesses } from './ledger-witnesses.ts';
import { startPlainClient, startPlainServer } from './plain-parts.ts';
import { holdUp, shrinkBuffer } from './small-buffer.ts';
import { type Shares, sharesBetween, takeSnapshot } from './snapshot.ts';

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

/** Runs one: server, observer, client in a namespace of their own. Everything has ended when this returns or throws. */
export async function runLedgerTrial(
  runtime: Runtime,
  settings: ResolvedSettings,
  of: LedgerCase,
  round: number,
  observer: string,
  signal: AbortSignal,
): Promise<LedgerTrial> {
  signal.throwIfAborted();
  const label = newLabel();
  await using stage = await runtime.open(settings, label);
  const server = await startPlainServer(stage, settings, of, signal);
  const pid = pidOf(label, programName('plain-server.ts'));
  const target = { label, pid, ledger: of.ledger, observer };
  await using witnesses = await startWitnesses(stage, settings, target, signal);
  const observerPid = pidOf(label, programName(observer));
  const notSmaller = of.load === 'small' ? whyNotShrunk(observerPid) : undefined;
  await using apart = of.load === 'elsewhere' ? elsewhere(label, pid) : undefined;
  const client = await startPlainClient(apart ?? stage, settings, of, WARM_MS + of.forMs + OVER_MS, signal);
  const closesAtOnce = of.load === 'burst' || of.load === 'small';
  if (!closesAtOnce) await pause(WARM_MS, signal);
  const before = takeSnapshot(label);
  const held = of.load === 'small' && notSmaller === undefined ? holdUp(observerPid) : undefined;
  if (closesAtOnce) await server.signal('SIGTERM');
  if (held) await pause(HELD_MS, signal).finally(() => held.goOn());
  await pause(of.forMs, signal);
  const after = takeSnapshot(label);
  signal.throwIfAborted();
  if (!isRate(of.load)) await client.part.signal('SIGTERM');
  const { opened, answered, failed, lateMs } = await client.done();
  await pause(LATE_MS, signal);
  const { missing, ...told } = await witnesses.end();
  return {
    of,
    round,
    shares: sharesBetween(before, after),
    peakBytes: after.peakBytes,
    opened,
    failed: Math.max(failed, opened - answered),
    lateMs,
    ...told,
    ...defined({ missing: missing ?? notSmaller }),
  };
}

/** Makes its buffer smaller; undefined: it is, else why it is not. */
function whyNotShrunk(observer: number): string | undefined {
  try {
    shrinkBuffer(observer);
    return undefined;
  } catch (error) {
    if (error instanceof CannotRunError) return error.message;
    throw error;
  }
}

/** Of the part with this module in this run. Throws CannotRunError when there is none. */
function pidOf(label: string, module: string): number {
  const found = processesWith(LABEL_FLAG + label).find(({ command }) => command.includes(module));
  if (found === undefined) throw new CannotRunError(`${module}: no such process`);
  return found.pid;
}

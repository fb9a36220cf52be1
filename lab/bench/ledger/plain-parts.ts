import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { within } from '../../../common/waiting.ts';
import type { Part, Stage } from '../../runtimes/runtime.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { isRate, type LedgerCase } from './ledger-case.ts';

const START_MS = 20_000;
/** All of them are open by then. */
const OPEN_MS = 60_000;

/** What the client says of its connections. */
export interface ClientLine {
  event: 'begun' | 'done';
  opened: number;
  answered: number;
  failed: number;
  /** By how much it was behind its rate at worst, ms. */
  lateMs: number;
}

/** Starts the plain server; resolves once it listens. */
export async function startPlainServer(
  stage: Stage,
  { values }: ResolvedSettings,
  of: LedgerCase,
  signal: AbortSignal,
): Promise<Part> {
  const listening = Promise.withResolvers<void>();
  const part = await stage.start({
    role: 'gateway',
    module: 'lab/bench/ledger/plain-server.ts',
    env: {
      HOST: of.load === 'elsewhere' ? '0.0.0.0' : stage.listenHost,
      PORT: `${values.port}`,
      BACKLOG: `${values.backlog}`,
    },
    nofile: values.nofile,
    onLine: () => listening.resolve(),
  });
  await bounded(START_MS, listening.promise, signal, 'server: did not listen');
  return part;
}

/**
 * Starts the plain client; resolves once its connections come, or, where they stay, are all open. `rateMs`: for so long they come.
 * `done` gives what became of them, where they stay after TERM.
 */
export async function startPlainClient(
  stage: Pick<Stage, 'start' | 'targetHost'>,
  { values }: ResolvedSettings,
  of: LedgerCase,
  rateMs: number,
  signal: AbortSignal,
): Promise<{ part: Part; done(): Promise<ClientLine> }> {
  const begun = Promise.withResolvers<void>();
  const done = Promise.withResolvers<ClientLine>();
  const part = await stage.start({
    role: 'robots',
    module: 'lab/bench/ledger/plain-client.ts',
    env: {
      HOST: stage.targetHost,
      PORT: `${values.port}`,
      ...(isRate(of.load) ? { RATE: `${of.connections}`, MS: `${rateMs}` } : { USERS: `${of.connections}` }),
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
  await bounded(OPEN_MS, begun.promise, signal, 'client: its connections did not open');
  return { part, done: () => bounded(START_MS, done.promise, signal, 'client: did not end') };
}

function bounded<T>(ms: number, promise: Promise<T>, signal: AbortSignal, says: string): Promise<T> {
  return within(ms, promise, new CannotRunError(`${says} in ${ms / 1000} s`), signal);
}

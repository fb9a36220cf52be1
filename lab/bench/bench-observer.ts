import type { ObserverLine, SnapshotLine } from '../../protocol/observer-events.ts';
import type { Part, Stage } from '../runtimes/runtime.ts';
import { within } from './within.ts';

const START_MS = 20_000;
const END_MS = 8000;

export interface Observer {
  part: Part;
  snapshots: Partial<Record<SnapshotLine['when'], SnapshotLine>>;
}

/** Undefined where there is nothing to observe (no /proc): the bench goes on without. */
export async function startObserver(
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
      if (parsed.event !== 'raw') first.resolve();
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

/** Ends it. Gives its CPU between its first snapshot and its last, percent of a core: the start of Node is not sampling. */
export async function endObserver(
  { part, snapshots }: Observer,
  signal: AbortSignal,
): Promise<number | undefined> {
  await part.signal('SIGTERM');
  await within(END_MS, part.ended, signal, 'observer: did not end');
  const { before, after } = snapshots;
  if (!before || !after) return undefined;
  const wallMs = after.cost.wallMs - before.cost.wallMs;
  return (after.cost.cpuMicros - before.cost.cpuMicros) / wallMs / 10;
}

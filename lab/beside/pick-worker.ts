import { defined } from '../../common/defined.ts';
import type {
  HolderSample,
  HolderState,
  ObservedLine,
  SnapshotLine,
} from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { isLimitBelowHeld } from '../facts/descriptors.ts';

/** The processes of a server, those that joined it later among them; none of our own gateway. */
export function holdersOf({ observer: { before, series } }: Evidence): HolderState[] {
  if (before?.server === undefined) return [];
  return [...before.server.holders, ...series.flatMap(({ server }) => server?.joined ?? [])];
}

/** The most descriptors that it had. */
export function peakOf({ pid, descriptors }: HolderState, { observer }: Evidence): number {
  return observer.series.reduce(
    (most, { server }) => Math.max(most, server?.holders[pid]?.descriptors ?? 0),
    descriptors.length,
  );
}

/**
 * Of the processes of a server makes that one the watched process of the evidence that came nearest to its own limit of
 * descriptors, of those with room one that lived to the end, and the end of them all, where nobody came after them, the server's.
 * Leaves evidence of our own gateway as it is.
 */
export function watchWorker(
  evidence: Evidence,
  among: readonly HolderState[] = holdersOf(evidence),
): HolderState | undefined {
  const { observer, gateway } = evidence;
  const { before, series } = observer;
  if (before?.server === undefined) return undefined;
  const use = (holder: HolderState) =>
    isLimitBelowHeld(holder) ? 0 : peakOf(holder, evidence) / holder.nofileSoft;
  const isOut = (holder: HolderState) => Number(use(holder) >= 1);
  const lived = ({ pid }: HolderState) => Number(!isGone(series.at(-1)?.server?.holders[pid]));
  const [worker] = [...among].sort((a, b) => isOut(b) - isOut(a) || lived(b) - lived(a) || use(b) - use(a));
  if (worker) watchThis(worker, before, observer);
  const over = overIn(series);
  if (over && gateway.exit === undefined) {
    const { oomKills } = series.findLast(({ server }) => server?.oomKills !== undefined)?.server ?? {};
    gateway.exit = {
      at: over.at,
      // The kernel's way to kill for want of memory (mm/oom_kill.c __oom_kill_process).
      ...(endOf(evidence, worker?.pid) ?? { code: null, signal: oomKills ? 'SIGKILL' : null }),
      ...defined({ oomKills }),
      output: '',
    };
  }
  return worker;
}

function watchThis(worker: HolderState, before: SnapshotLine, { after, series }: Evidence['observer']): void {
  const { pid, user, nofileHard } = worker;
  // A server may raise its limit when it starts, and be watched from before that.
  const now = after?.server?.holders.find((holder) => holder.pid === pid) ?? worker;
  before.process = { pid, user, nofileHard, nofileSoft: now.nofileSoft, descriptors: worker.descriptors };
  for (const line of series) {
    // Before it came it has no sample.
    const { ended: _, ...sample } = line.server?.holders[pid] ?? { state: '?' };
    Object.assign(line, sample);
  }
}

/** The first sample after the server's end; undefined: it lives. */
export function overIn(series: readonly ObservedLine[]): ObservedLine | undefined {
  return series[series.findLastIndex((line) => !isOver(line)) + 1];
}

/**
 * Workers come and go in good health, and a supervisor starts others: it is over while there is none left, and nobody holds a listener
 * of its address. Who came after it may not be seen by this user, the listener is.
 */
export function isOver({ acceptQueue, server }: Pick<ObservedLine, 'acceptQueue' | 'server'>): boolean {
  const all = Object.values(server?.holders ?? {});
  return all.length > 0 && all.every(isGone) && acceptQueue === undefined;
}

function isGone(sample: HolderSample | undefined): boolean {
  return sample?.state === 'gone' || sample?.state === 'Z';
}

/** How this process ended; else how the last of them did of which that is known. */
function endOf({ observer }: Evidence, pid: number | undefined): HolderSample['ended'] {
  const told = observer.series.flatMap(({ server }) => Object.entries(server?.holders ?? {}));
  const [, sample] =
    told.find(([key, { ended }]) => ended && Number(key) === pid) ??
    told.findLast(([, { ended }]) => ended) ??
    [];
  return sample?.ended;
}

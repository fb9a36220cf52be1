import { defined } from '../../common/defined.ts';
import type { HolderSample, HolderState, SnapshotLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';

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
 * descriptors, and the end of them all, when it came, the server's. Leaves evidence of our own gateway as it is.
 */
export function watchWorker(
  evidence: Evidence,
  among: readonly HolderState[] = holdersOf(evidence),
): HolderState | undefined {
  const { observer, gateway } = evidence;
  const { before, series } = observer;
  if (before?.server === undefined) return undefined;
  const use = (holder: HolderState) => peakOf(holder, evidence) / holder.nofileSoft;
  const [worker] = [...among].sort((a, b) => use(b) - use(a));
  if (worker) watchThis(worker, before, observer);
  const over = series.find(({ server }) => hasEnded(server?.holders));
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

/** Workers come and go in good health: it is over when there is none left. */
export function hasEnded(holders: Record<string, HolderSample> = {}): boolean {
  const all = Object.values(holders);
  return all.length > 0 && all.every(({ state }) => state === 'gone' || state === 'Z');
}

/** How this process ended; else how any of them did. */
function endOf({ observer }: Evidence, pid: number | undefined): HolderSample['ended'] {
  const told = observer.series.flatMap(({ server }) => Object.entries(server?.holders ?? {}));
  const [, sample] =
    told.find(([key, { ended }]) => ended && Number(key) === pid) ??
    told.find(([, { ended }]) => ended) ??
    [];
  return sample?.ended;
}

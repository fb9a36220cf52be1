import type { ObservedLine } from '../../../protocol/observer-events.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { highest } from './axis.ts';

/** What was observed until the load was over: what the end of the gateway does to its users is not the run's. */
function duringLoad({ observer, fleet }: Evidence): ObservedLine[] {
  const done = fleet.phases.find(({ phase }) => phase === 'done')?.at ?? Number.POSITIVE_INFINITY;
  return observer.series.filter(({ at }) => at <= done);
}

/** Growth of a kernel counter, e.g. `Tcp OutRsts`, from before the load to its end. */
export function grown(evidence: Evidence, name: string): number {
  return duringLoad(evidence).reduce((last, { deltas }) => deltas[name] ?? last, 0);
}

/** The most that was seen at once; undefined where it could not be read. */
export function most(evidence: Evidence, what: 'descriptors' | 'acceptQueue'): number | undefined {
  const seen = duringLoad(evidence).flatMap((line) => line[what] ?? []);
  return seen.length === 0 ? undefined : highest(seen);
}

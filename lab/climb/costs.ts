import type { Evidence } from '../evidence/evidence.ts';
import { largest } from '../facts/numbers.ts';
import type { ClimbLoad } from './climb-document.ts';

/** What gateways and fleets of a load took together; null where one of them could not be read. */
export function costsOf(evidences: readonly Evidence[]): Pick<ClimbLoad, 'userBytes' | 'cpuMicros'> {
  return {
    userBytes: sumOfAll(evidences.flatMap(({ gateway, fleet }) => [mostRss(gateway), fleet.done?.self.rss])),
    cpuMicros: sumOfAll(
      evidences.flatMap(({ observer, fleet }) => [cpuOf(observer), fleet.done?.self.cpuMicros]),
    ),
  };
}

function mostRss({ samples }: Evidence['gateway']): number | undefined {
  return samples.length === 0 ? undefined : largest(samples.map(({ memory }) => memory.rss));
}

function cpuOf({ series }: Evidence['observer']): number | undefined {
  const last = series.findLast(({ cpuMs }) => cpuMs !== undefined)?.cpuMs;
  return last === undefined ? undefined : 1000 * last;
}

function sumOfAll(figures: readonly (number | undefined)[]): number | null {
  return figures.reduce<number | null>(
    (sum, figure) => (sum === null || figure === undefined ? null : sum + figure),
    0,
  );
}

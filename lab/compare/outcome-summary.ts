import { largest, smallest } from '../facts/numbers.ts';
import type { UserGroup } from '../facts/user-groups.ts';
import type { ModelUser } from '../laws/queue-model/output.ts';
import { type Column, QUANTILES, type Quantile } from './comparison-document.ts';
import { type Figure, spread } from './number-or-range.ts';

/** One result, of a run or of one simulation. */
export interface Seen {
  by: UserGroup[];
  open: number;
  failed: number;
  causes: Record<string, number>;
  /** `startedMs` from any origin. */
  times: Pick<ModelUser, 'startedMs' | 'connectedMs' | 'openMs' | 'endedMs'>[];
  /** Users who connected late; undefined where the driver does not see when a handshake is complete. */
  waited: number | undefined;
  counters: Record<string, number>;
}

type Figures = Pick<Column, 'causes' | 'connectMs' | 'waited' | 'lastMs' | 'counters'> & {
  users: Omit<Column['users'], 'asked'>;
};

const SHARE: Record<Quantile, number> = { p50: 0.5, p90: 0.9, p99: 0.99, max: 1 };

/** What several results say together: one number where they agree, and of one result numbers alone. */
export function together(results: readonly Seen[]): Figures {
  const all = (value: (seen: Seen) => number) => spread(results.map(value)) ?? 0;
  const maybe = (value: (seen: Seen) => number | undefined) =>
    spread(results.flatMap((seen) => value(seen) ?? []));
  const connected = results.map(({ times }) =>
    times.flatMap(({ connectedMs }) => connectedMs ?? []).sort((a, b) => a - b),
  );
  const quantile = (share: number): Figure | null =>
    spread(connected.flatMap((times) => times[Math.ceil(times.length * share) - 1] ?? []).map(tenths));
  const causes = [...new Set(results.flatMap((seen) => Object.keys(seen.causes)))];
  const counters = [...new Set(results.flatMap((seen) => Object.keys(seen.counters)))];
  return {
    users: { open: all(({ open }) => open), failed: all(({ failed }) => failed), by: groups(results) },
    causes: causes.map((cause) => ({ cause, users: all((seen) => seen.causes[cause] ?? 0) })),
    connectMs: Object.fromEntries(QUANTILES.map((name) => [name, quantile(SHARE[name])])) as Record<
      Quantile,
      Figure | null
    >,
    waited: maybe(({ waited }) => waited),
    lastMs: maybe(lastOf),
    counters: Object.fromEntries(counters.map((name) => [name, all((seen) => seen.counters[name] ?? 0)])),
  };
}

function groups(results: readonly Seen[]): Column['users']['by'] {
  const all = results.flatMap(({ by }) => by);
  const alike = Map.groupBy(all, ({ outcome, stage, errno, status }) =>
    [outcome, stage, errno, status].join(),
  );
  return [...alike.values()].map((found) => {
    const { outcome, stage, errno, status } = found[0] as UserGroup;
    const counts = found.map(({ count }) => count);
    // Nobody fared so in the others.
    if (counts.length < results.length) counts.push(0);
    return { outcome, stage, errno, ...(status !== undefined && { status }), count: spread(counts) ?? 0 };
  });
}

function lastOf({ times }: Seen): number | undefined {
  const first = smallest(times.map(({ startedMs }) => startedMs));
  const last = largest(
    times.map(
      ({ startedMs, openMs, endedMs }) => startedMs + (openMs ?? endedMs ?? Number.NEGATIVE_INFINITY),
    ),
  );
  return last < first ? undefined : tenths(last - first);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

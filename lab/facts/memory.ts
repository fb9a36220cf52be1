import type { Evidence } from '../evidence/evidence.ts';

/** What the gateway's memory says. Bytes. */
export interface MemoryFacts {
  atRest: number;
  /** The most that was seen: what came after the last sample is not in it. */
  peak: number;
  /** The limit in force, of its cgroups the tightest; undefined: none, or not known. */
  limit?: number;
  /** Users that have been open, whatever became of them. */
  opened: number;
}

/** From the observer's series and the gateway's own samples; undefined when neither saw it. */
export function memoryFacts({ observer, gateway, fleet }: Evidence): MemoryFacts | undefined {
  const seen = [
    ...observer.series.flatMap(({ at, rss }) => (rss ? [{ at, rss }] : [])),
    ...gateway.samples.flatMap(({ at, memory: { rss } }) => (rss ? [{ at, rss }] : [])),
  ].sort((a, b) => a.at - b.at);
  const [first] = seen;
  if (first === undefined) return undefined;
  const memoryMb = gateway.listening?.limits?.memoryMb ?? 0;
  return {
    atRest: first.rss,
    peak: seen.reduce((max, { rss }) => Math.max(max, rss), 0),
    ...(memoryMb > 0 ? { limit: memoryMb * 2 ** 20 } : {}),
    opened: fleet.users.filter(({ openMs }) => openMs !== undefined).length,
  };
}

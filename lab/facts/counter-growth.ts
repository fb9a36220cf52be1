import type { Evidence } from '../evidence/evidence.ts';

/** Growth of a counter from before the load to its end; undefined when there is no such counter. */
export type Counter = (name: string) => number | undefined;

/** Reads growth up to `until`, ms. */
export function counterUntil(evidence: Evidence, until: number): Counter {
  const growth: Record<string, number> = {};
  for (const line of evidence.observer.series) if (line.at <= until) Object.assign(growth, line.deltas);
  const known = evidence.observer.before?.counters;
  return (name) => (known && name in known ? (growth[name] ?? 0) : undefined);
}

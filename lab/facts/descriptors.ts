import type { Evidence } from '../evidence/evidence.ts';
import { countBelow, descriptorThreshold } from '../laws/descriptor-law.ts';
import { openTimes } from './user-groups.ts';

/** Whoever fails this long before or after it was seen full still failed by it: samples are 50 ms apart. */
export const SAMPLE_SLACK_MS = 250;

/** What the gateway's descriptors say. Only those numbered below the limit count against it. */
export interface DescriptorFacts {
  limit: number;
  atRest: number;
  peak: number;
  /** Where the peak was read. */
  source: string;
  predicted: number;
  /** When the gateway had none left: the samples around the first and the last that show it, ms. */
  full?: { from: number; to: number };
}

/** From the series up to `until`, ms; undefined when the process could not be read, or nobody looked at it under load. */
export function descriptorFacts({ observer, fleet }: Evidence, until: number): DescriptorFacts | undefined {
  const process = observer.before?.process;
  if (process === undefined) return undefined;
  const limit = process.nofileSoft;
  const atRest = countBelow(limit, process.descriptors);
  const strays = process.descriptors.length - atRest;
  let peak = atRest;
  let full: DescriptorFacts['full'];
  const series = observer.series.filter(({ at }) => at <= until);
  for (const [index, { at, descriptors = 0 }] of series.entries()) {
    peak = Math.max(peak, descriptors - strays);
    if (descriptors - strays < limit) continue;
    // It filled up after the sample before, and has room again by the sample after.
    full = { from: full?.from ?? series[index - 1]?.at ?? at, to: series[index + 1]?.at ?? at };
  }
  const predicted = descriptorThreshold(limit, process.descriptors);
  // Of a stranger's users some are in its queue, or another worker's.
  if (observer.before?.server && series.length === 0) return undefined;
  if (observer.before?.server)
    return { limit, atRest, peak, source: '/proc/<pid>/fd', predicted, ...(full ? { full } : {}) };
  // A short load can begin and end between two samples. A user open to the end holds a descriptor all the same.
  const opened = openTimes(
    fleet.users.filter(({ outcome, leftMs }) => outcome === 'open' && leftMs === undefined),
  );
  const held = atRest + opened.length;
  const filledAt = held < limit ? undefined : opened[predicted - 1];
  if (series.length === 0 && filledAt === undefined) return undefined;
  if (filledAt !== undefined) {
    const settledAt = fleet.phases.find(({ phase }) => phase === 'settled')?.at ?? filledAt;
    full = {
      from: Math.min(full?.from ?? filledAt, filledAt),
      to: Math.max(full?.to ?? settledAt, settledAt),
    };
  }
  const source = held > peak ? '/proc/<pid>/fd at rest + robots open' : '/proc/<pid>/fd';
  return { limit, atRest, peak: Math.max(peak, held), source, predicted, ...(full ? { full } : {}) };
}

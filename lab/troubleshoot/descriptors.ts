import { type Conclusion, pointsAt, refuted } from './step.ts';

/** How many descriptors a process has in use, by its limit. */
export interface Usage {
  /** The most of all looks. */
  used: number;
  limit: number;
  /** Where the limit was read; absent: it is the process's own. */
  limitFrom?: string;
}

/** Judges one process. `effect` is what happens at the limit. */
export function concludeDescriptors(
  who: string,
  { used, limit, limitFrom }: Usage,
  effect: string,
): Conclusion {
  const shown = Number.isFinite(limit) ? `${limit}` : 'unlimited';
  const from = limitFrom ? ` (${limitFrom})` : '';
  if (used >= limit)
    return pointsAt(`points at the descriptors of ${who}: all ${shown} in use${from}: ${effect}`);
  const left = Number.isFinite(limit) ? `, ${limit - used} left` : '';
  return refuted(`refuted: ${who} had at most ${used} of ${shown} descriptors in use${left}${from}`);
}

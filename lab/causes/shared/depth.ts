/**
 * How a claim stands that compares times of different parts, ms: by so much their clocks may be wrong before the answer changes. Below 0
 * the answer is no. Of two claims that must both hold it is the least, of two of which one is enough the largest. Infinity, with either
 * sign: no times decide it.
 */
export type Depth = number;

/** Something that was so, or was not, whatever the clocks say. */
export function surely(isSo: boolean): Depth {
  return isSo ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** How deep a moment lies between two others. */
export function depthBetween(at: number, from: number, to: number): Depth {
  return Math.min(at - from, to - at);
}

/** The deepest; without any the answer is no. */
export function deepest(depths: readonly Depth[]): Depth {
  return Math.max(...depths);
}

/**
 * How near in time two things must be for a claim that stands so: never nearer than the claim's own window, and less where a smaller error
 * would change the answer. Undefined: no times decide it.
 */
export function windowAt(depth: Depth, ownMs: number): number | undefined {
  if (!Number.isFinite(depth)) return undefined;
  return depth < 0 ? -depth : Math.min(depth, ownMs);
}

import type { Reading } from '../../facts/reading.ts';
import type { ContainerLimit } from '../../facts/shared-limits.ts';
import { type Facts, type Item, item } from './cause.ts';

/** Why nobody can tell whether the gateway reached this limit: its container has more in it; undefined: the limit is the gateway's alone. */
export function wholeContainerItem(
  { sharedLimits }: Facts,
  limit: ContainerLimit,
  read: Reading,
): Item | undefined {
  if (!sharedLimits.includes(limit)) return undefined;
  const says = `${limit} holds for the gateway's whole container, in which the observer is as well`;
  return item(read, limit, null, null, says);
}

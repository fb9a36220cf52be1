import type { Facts } from './cause.ts';

/**
 * Where the kernel's own count cannot be read: before the SIGKILL the memory was this near to the limit, and had grown by this part of it.
 * Both must hold, since resident memory includes pages of files that are charged to others. If lower, a kill that somebody sent is
 * attributed to the limit. If higher, a kill between two samples is left open.
 */
const NEAR = 0.8;
const GROWN = 0.25;

/** Did the kernel kill the process for want of memory? Undefined: it was killed, and nobody knows by whom. */
export function killedForMemory({ gateway: { exit }, memory, sharedLimits }: Facts): boolean | undefined {
  const traced = exit?.ended?.by === 'tracefs';
  // It ends with whoever watches it, when that is killed.
  if (exit !== undefined && sharedLimits?.memory) return traced && exit.ended?.oom ? true : undefined;
  if (exit?.ended?.oom) return true;
  if (exit?.signal !== 'SIGKILL') return false;
  // The trace knows who sent the signal, and it was not the kernel.
  if (traced) return false;
  if (exit.oomKills !== undefined) return exit.oomKills > 0;
  if (memory?.limit === undefined) return undefined;
  const { atRest, peak, limit } = memory;
  return peak >= limit * NEAR && peak - atRest >= limit * GROWN ? true : undefined;
}

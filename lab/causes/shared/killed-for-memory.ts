import type { Facts } from './cause.ts';

/**
 * Where the kernel's own count cannot be read: seen as near to the limit as this, and grown by so much of it, before a SIGKILL.
 * Both, since what is resident holds pages of files that others are charged for. Lower, and a kill that somebody sent is laid to the
 * limit; higher, and one between two samples is left open.
 */
const NEAR = 0.8;
const GROWN = 0.25;

/** Did the kernel kill it for want of memory? Undefined: it was killed, and what by cannot be told. */
export function killedForMemory({ gateway: { exit }, memory }: Facts): boolean | undefined {
  if (exit?.ended?.oom) return true;
  if (exit?.signal !== 'SIGKILL') return false;
  // Who sent it is known.
  if (exit.ended?.by === 'tracefs') return false;
  if (exit.oomKills !== undefined) return exit.oomKills > 0;
  if (memory?.limit === undefined) return undefined;
  const { atRest, peak, limit } = memory;
  return peak >= limit * NEAR && peak - atRest >= limit * GROWN ? true : undefined;
}

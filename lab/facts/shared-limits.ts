import type { Evidence } from '../evidence/evidence.ts';

/** Limits of a cgroup that were set. */
export interface SharedLimits {
  cpus: boolean;
  memory: boolean;
}

/**
 * Limits that hold for the gateway and what watches it together, in the one container of a swarm's task; undefined: there are none. What a
 * quota held back, or the kernel killed, may have been the other one.
 */
export function sharedLimits({
  runtime,
  asked,
}: Pick<Evidence, 'runtime' | 'asked'>): SharedLimits | undefined {
  const set = { cpus: asked.cpus > 0, memory: asked.memory_mb > 0 };
  return runtime === 'swarm' && (set.cpus || set.memory) ? set : undefined;
}

import type { Evidence } from '../evidence/evidence.ts';

/** A limit of a container, by the setting that gives it. */
export type ContainerLimit = 'cpus' | 'memory_mb';

const LIMITS: readonly ContainerLimit[] = ['cpus', 'memory_mb'];

/** The limits in force that hold for the gateway and its observer together: in a swarm both are in one container. */
export function sharedLimits({ runtime, asked }: Pick<Evidence, 'runtime' | 'asked'>): ContainerLimit[] {
  return runtime === 'swarm' ? LIMITS.filter((name) => Number(asked[name]) > 0) : [];
}

import type { SharedLimits } from '../../facts/shared-limits.ts';
import { type Facts, type Item, item } from './cause.ts';

const READ = { cpus: 'CPU quota', memory: 'OOM kills' } as const;
const WORDS = { cpus: 'the CPU quota', memory: 'the memory limit' } as const;

/** Why nothing can be said of a limit that is not the gateway's alone; none where it is. */
export function sharedItem({ sharedLimits }: Facts, limit: keyof SharedLimits): Item[] {
  if (!sharedLimits?.[limit]) return [];
  const says = `${WORDS[limit]} holds for the gateway and what watches it together: in a swarm they are one container; --runtime docker keeps them apart`;
  return [item(READ[limit], 'limit of the gateway alone', null, null, says)];
}

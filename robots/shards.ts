import type { Surroundings } from './fleet.ts';
import type { SelfWatch } from './self.ts';
import type { Settings } from './settings.ts';
export async function runShards(_s: Settings, _w: SelfWatch, _a: Surroundings): Promise<void> {
  throw new Error('not yet: more users than descriptors');
}

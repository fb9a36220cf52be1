import type { Fix } from '../causes/shared/cause.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { PartClock } from '../runtimes/runtime.ts';
import type { Settings } from '../settings/schema.ts';
import type { EffectiveSettings } from './effective-settings.ts';
import type { Manifest } from './manifest.ts';

/** manifest.json of a run. */
export interface RunManifest extends Manifest {
  kind: 'run';
  seed: number;
  /** Settings in force, as far as they were read back; absent: it was killed before that. */
  effective?: EffectiveSettings;
  /** What a Mac says of itself. */
  system?: NonNullable<Evidence['observer']['before']>['system'];
  /** The clocks of parts on other machines, numbered from 1; absent: all have the lab's own, or it was killed before they were known. */
  clocks?: PartClock[];
  /** The second run: what was changed, and with which settings it ran. `error`: it came to no result. */
  fix?: { tried: Fix; asked: Settings; error?: string };
}

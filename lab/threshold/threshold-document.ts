import type { ExpectationDocument } from '../expect/expectation.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import type { Pace, Trial } from './search.ts';

/** The largest number of users with no failure at one value of the setting. */
export interface ThresholdPoint {
  /** As it was given: `64`, `40000-40099`. */
  value: string;
  /** Largest number of users with no failure; null when it could not be measured. */
  measured: number | null;
  predicted: number | null;
  /** measured − predicted; null when one of them is missing. */
  error: number | null;
  /** The formula of the law that predicts, as text; null: no law knows. */
  law: string | null;
  /** What stopped one user more: the name of a law (`descriptors`, `accept-queue`, `ports`, …), a cause, `unknown` or `nothing`. */
  limitedBy: string;
  /** A capacity is the same however slowly users come; a rate fails a burst that a slow ramp does not. */
  limit: 'capacity' | 'rate' | 'none';
  /** True when the highest number tried did not fail either. */
  atLeast: boolean;
  /** `ramp`: read from one load above the threshold and confirmed by one at it. `bisection`: searched on the burst. */
  method: 'ramp' | 'bisection';
  /** The smallest number of users that is known to fail; the threshold lies below it. */
  failsAt: number | null;
  /** Loads that were made for this point. */
  runs: number;
  /** Each of them. */
  trials: (Trial & { pace: Pace })[];
  /** In force, read back. */
  settings: EffectiveSettings;
}

/** What `threshold --json` prints, and threshold.json. */
export interface ThresholdsDocument {
  schema: 1;
  /** Name of the setting. */
  vary: string;
  /** False when interrupted: the points so far. */
  complete: boolean;
  host: { os: string; kernel: string; node: string };
  runtime: string;
  driver: string;
  seed: number;
  /** What counts as a failure, as text. */
  failure: string;
  points: ThresholdPoint[];
  /** Conditions that were given for every point, and how they came out; absent: none were. */
  expectations?: ExpectationDocument[];
  /** Folder with everything measured; null when nothing is written. */
  path: string | null;
}

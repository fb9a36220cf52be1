import type { TargetDocument } from '../../beside/target-document.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { ExpectationDocument } from '../../expect/expectation.ts';
import type { EffectiveSettings } from '../../run/effective-settings.ts';
import type { UsersDocument } from '../../run/users-document.ts';
import type { KeptLoad } from '../../target/server-load.ts';
import type { Found, Pace, Trial } from '../search.ts';

/** One load of a server that is not ours. */
export interface ServerTrialDocument extends Trial {
  pace: Pace;
  /** Over how long the users came, ms. */
  rampMs: number;
  /** The cause that most of its failed users are attributed to, `unknown`, or `nothing`. */
  limitedBy: string;
}

/** The largest number of users with no failure. */
export interface ServerThresholdPoint {
  /** Nothing was varied. */
  value: null;
  /** Null: it could not be measured. */
  measured: number | null;
  predicted: number | null;
  /** measured − predicted; null when one of them is missing, or a bound. */
  error: number | null;
  /** The formula of the law that predicts, as text; null: no law knows. */
  law: string | null;
  /** Why nothing is predicted; null: something is. */
  notPredicted: string | null;
  /** A cause, by the smallest load that failed; `unknown`: no cause accounts for its failures; `nothing`: nobody failed. */
  limitedBy: string;
  /** Why that; null: nobody failed. */
  says: string | null;
  /** A capacity is the same however slowly users come; a rate fails a burst that a slow ramp does not. Null: the search ended before that was known. */
  limit: Found['limit'] | null;
  /** True when the highest number tried did not fail either. */
  atLeast: boolean;
  method: Found['method'] | null;
  /** The smallest number of users that is known to fail. */
  failsAt: number | null;
  /** How users fared in the smallest load that failed. */
  failures: UsersDocument['by'];
  /** Loads that were made. */
  runs: number;
  trials: ServerTrialDocument[];
  /** In force, read back from the server's process and namespace. */
  settings: EffectiveSettings;
}

/** What `threshold` of a server that is not ours prints with `--json`, and threshold.json. */
export interface ServerThresholdDocument {
  schema: 1;
  /** Nothing: it is the number of users that is searched for. */
  vary: null;
  /** False: interrupted, or the server ended or kept connections before the search was over. */
  complete: boolean;
  /** Why the search ended before it was over; null: it did not. */
  ended: string | null;
  host: Evidence['host'];
  runtime: string;
  driver: 'robots';
  target: TargetDocument;
  /** False: it is another machine's, and only its users were seen. */
  watched: boolean;
  /** What each user does; `users` is the highest number that was to be tried. */
  load: KeptLoad;
  /** What counts as a failure, as text. */
  failure: string;
  /** Connections of others that were there all the time. */
  atRest: number;
  points: ServerThresholdPoint[];
  /** What could not be seen, and how to see it. */
  unseen: string[];
  /** The conditions that were put to it; absent: none were. */
  expectations?: ExpectationDocument[];
  /** Folder with everything measured; null when nothing is written. */
  path: string | null;
}

import type { FleetLine } from '../../robots/lines.ts';
import type { Part, Stage } from '../runtimes/runtime.ts';
import type { SettingName, Settings } from '../settings/schema.ts';

export interface LoadSpec {
  host: string;
  port: number;
  settings: Settings;
  /** Settings that a person gave: an explicit robots_nofile keeps the fleet in one process. */
  explicit: ReadonlySet<SettingName>;
  onLine: (line: FleetLine) => void;
}

/** What makes the load. */
export interface Driver {
  readonly name: string;
  /** Starts the load against a gateway. The part ends by itself when the load is over. */
  start(stage: Stage, load: LoadSpec): Promise<Part>;
}

import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { Part, Runtime, RuntimeName, Stage } from '../runtimes/runtime.ts';
import type { SettingName, Settings } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import type { Share } from '../settings/shares.ts';

export interface LoadSpec {
  host: string;
  port: number;
  settings: Settings;
  /** Settings that a person gave: an explicit robots_nofile keeps the fleet in one process. */
  explicit: ReadonlySet<SettingName>;
  /** Of a load of several fleets: which users it is; then it goes into each phase when its part is told to. */
  share?: Share;
  onLine: (line: FleetLine) => void;
}

/** What makes the load. */
export interface Driver {
  readonly name: string;
  /** Does it see when a TCP handshake is complete? */
  readonly seesHandshake: boolean;
  /** Throws UsageError for a runtime that it cannot run on; absent: it can on any. Before anything is built. */
  refuse?(runtime: RuntimeName): void;
  /** Throws CannotRunError when it cannot be had on that runtime, saying how to get it; an abort ends what is built for it. */
  ready(runtime: Runtime, signal?: AbortSignal): Promise<void>;
  /** Throws UsageError for a setting that it cannot take, by its name; `ownNamespace`: the robots are not on the host's own network. */
  check(settings: ResolvedSettings, ownNamespace: boolean): void;
  /** Starts the load against a gateway. The part ends by itself when the load is over. */
  start(stage: Stage, load: LoadSpec): Promise<Part>;
}

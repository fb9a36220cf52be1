import { defined } from '../../common/defined.ts';
import type { HolderState } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import { type EffectiveSettings, sysctlValues } from '../run/effective-settings.ts';

/** The server that was looked at. */
export interface TargetDocument {
  /** `url`: it is another machine's. */
  how: Place['how'] | 'url';
  port: number;
  addresses: string[];
  /** In its own pid namespace. */
  pid: number | null;
  name: string | null;
  /** All processes that hold the listener. */
  pids: number[];
  container: string | null;
  /** Is its network namespace another one than the lab's? */
  elsewhere: boolean;
  /** What robots of ours speak to it; absent: its users are somebody else's. */
  speaks?: 'tcp' | 'http' | 'ws';
  /** As its users call it, without a query; absent: nobody said. */
  url?: string;
  /** They speak that in TLS. */
  tls?: true;
  /** Where its own log is likely to be, the likeliest first: paths, and commands that show it. */
  logs?: string[];
}

/** The server as a watch found it; undefined: nothing was watched. `worker`: its watched process. */
export function targetOf(
  place: Place,
  { observer: { before }, asked }: Evidence,
  worker: HolderState | undefined,
): TargetDocument | undefined {
  if (before?.server === undefined) return undefined;
  const { port, addresses, holders } = before.server;
  return {
    how: place.how,
    port,
    addresses,
    pid: worker?.pid ?? null,
    name: worker?.name ?? null,
    pids: holders.map(({ pid }) => pid),
    container: place.container?.name ?? null,
    elsewhere: place.enter.length > 0 || place.netDir !== undefined || place.container !== undefined,
    ...defined({ speaks: asked.users > 0 ? asked.kind : undefined, url: place.url, logs: place.logs }),
    ...(/^(?:wss|https|tls):/.test(place.url ?? '') && { tls: true }),
  };
}

/** The limits of the server in force, as they were read. */
export function settingsOfServer({ observer: { before } }: Evidence): EffectiveSettings {
  return defined({
    nofile: before?.process?.nofileSoft,
    nofile_hard: before?.process?.nofileHard,
    backlog: before?.server?.backlog,
    ...sysctlValues(before?.sysctls),
  });
}

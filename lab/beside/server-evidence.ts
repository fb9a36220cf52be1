import { defined } from '../../common/defined.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import { hostWords } from '../../system/host.ts';
import { fileObserverLine } from '../evidence/collect.ts';
import { type Evidence, nothingMeasured } from '../evidence/evidence.ts';
import type { PartSpec } from '../runtimes/runtime.ts';
import { DEFAULTS } from '../settings/schema.ts';
import type { Load } from '../target/server-load.ts';

/** Evidence of nothing yet, on a server that is not ours. Without a load of our own there is somebody else's. */
export function serverEvidence(runtime: Evidence['runtime'], load?: Load): Evidence {
  const theirs = { users: 0, kind: 'tcp' as const };
  const ours = load && {
    users: load.users,
    kind: load.kind,
    ramp: load.ramp,
    connect_timeout_ms: load.timeoutMs,
    hold_ms: load.holdMs,
  };
  return nothingMeasured({
    host: hostWords(),
    runtime,
    driver: load ? 'robots' : 'none',
    exclusive: false,
    asked: { ...DEFAULTS, rounds: 0, betting: 'paced', ...(ours ?? theirs) },
  });
}

/** What the watcher of a server is told. Times in ms. */
export interface Watched {
  pid?: number | undefined;
  port?: number | undefined;
  /** Where several servers listen on that port: which. */
  address?: string | undefined;
  /** Where its /proc/net is read when its namespace cannot be entered. */
  netDir?: string | undefined;
  /** Only what a process of the watcher's own pid namespace holds. */
  ownOnly: boolean;
  everyMs: number;
  /** How long the server may take to listen; 0 unless told. */
  awaitMs?: number;
}

/** The watcher as a part that is started beside the server: it files under the evidence what it sees, and tells of each line. */
export function watcherSpec(
  evidence: Evidence,
  { pid, port, address, netDir, ownOnly, everyMs, awaitMs }: Watched,
  onLine: (line: ObserverLine) => void,
): PartSpec {
  return {
    role: 'observer',
    module: 'lab/evidence/server-watcher.ts',
    env: defined({
      SERVER_PID: pid?.toString(),
      SERVER_PORT: port?.toString(),
      SERVER_ADDRESS: address,
      NET_DIR: netDir,
      OWN_ONLY: ownOnly ? '1' : undefined,
      OBSERVE_MS: String(everyMs),
      AWAIT_MS: awaitMs?.toString(),
      LEDGER: process.env.LEDGER,
    }),
    onLine(line) {
      fileObserverLine(evidence, line as ObserverLine);
      onLine(line as ObserverLine);
    },
  };
}

import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { ConnectionRows } from '../../protocol/connection-rows.ts';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { GatewayLine } from '../../protocol/gateway-events.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import type { ProcessLine, RefusalsLine } from '../../protocol/process-events.ts';
import type { TracedReset, TraceEvidence } from '../../protocol/trace-events.ts';
import type { LinkQdisc, PartClock, ProxySeen } from '../runtimes/runtime.ts';
import type { UserCost } from '../target/user-cost.ts';

/**
 * A part that ended before its load was over, and took its users with it. The number is from 0; of a fleet it is its place among all: those
 * of the first gateway, one for each source, come before those of the second.
 */
export interface LostPart {
  role: 'gateway' | 'robots';
  number: number;
  /** Which machine it was on; absent: the lab's own. */
  where?: string;
  how: string;
  /** So many of its users had not told how they fared: they are `other`. */
  users: number;
}

/** What the lab itself saw and did, in the form of the lines of its parts. `at` is ms since the epoch. */
export type LabLine =
  /** The gateway, or the whole of a server, ended before it was told to; the last that is said of it holds. */
  | {
      event: 'gateway-exit';
      at: number;
      code: number | null;
      signal: string | null;
      oomKills?: number;
      output: string;
      /** Which machine it was on; absent: the lab's own. */
      where?: string;
    }
  /** SIGSTOP and SIGCONT. */
  | { event: 'gateway-stopped'; at: number }
  | { event: 'gateway-continued'; at: number }
  | { event: 'observer-lost'; at: number; how: string }
  /** The clocks of parts on other machines, as they were measured last. */
  | { event: 'clocks'; at: number; clocks: PartClock[] }
  | ({ event: 'part-lost'; at: number } & LostPart)
  | { event: 'link'; at: number; delayMs: number; qdisc: LinkQdisc }
  | { event: 'proxy'; at: number; seen: ProxySeen }
  /** What a user over TLS costs the server, measured before there was load. */
  | ({ event: 'user-cost'; at: number } & UserCost)
  /** The trace is over. Its resets follow, a line each. */
  | ({ event: 'trace'; at: number } & Omit<TraceEvidence, 'resets'>)
  | ({ event: 'traced-reset' } & TracedReset);

/** A line of evidence as it is kept: connections one by one. */
export type KeptLine =
  | GatewayLine
  | FleetLine
  | Exclude<ObserverLine, ConnectionRows>
  | ConnectionLine
  | ProcessLine
  | RefusalsLine
  | LabLine;

/** A connection's line as the text that it is kept as. */
export interface WrittenConnection {
  event: 'connection';
  json: string;
}

/** Takes each line as it is filed. */
export type Keep = (line: Exclude<KeptLine, ConnectionLine> | WrittenConnection) => void;

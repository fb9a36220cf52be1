import type { WitnessLine } from './connection-events.ts';
import type { ConnectionRows } from './connection-rows.ts';
import type { ProcessLine, RefusalsLine } from './process-events.ts';
import type { FailedConnectsLine } from './upstream-events.ts';

/** One RST between gateway and robots, as the kernel traced it. Times are ms since the epoch. */
export interface TracedReset {
  at: number;
  from: 'gateway' | 'robots';
  /** The robot's port; absent where the kernel did not name it and the RST was not seen to arrive. */
  port?: number;
  /** The robot's address, of a load from several sources; absent likewise. */
  address?: string;
  /** Of the socket that sent it, e.g. `TCP_TIME_WAIT`. */
  state?: string;
  /** Why, in the kernel's word (include/net/rstreason.h); absent before Linux 6.10, and when its sending was not seen. */
  reason?: string;
  /** Why the packet that it answers was dropped (include/net/dropreason-core.h), where the kernel says. */
  drop?: string;
  /** When the other side's socket took it; absent when it had none any more. */
  receivedAt?: number;
}

/** The kernel's own word on the resets of a run. */
export interface TraceEvidence {
  available: boolean;
  /** Why not. */
  why?: string;
  resets: TracedReset[];
  /** Events that the kernel had no room for, of any program on this machine; so many of the resets may be missing. */
  lost: number;
  /** Lines of the trace that were not understood. */
  unknown: number;
  /** CPU time of the process that read it, ms. */
  cpuMs: number;
}

/** No trace, and why. */
export function noTrace(why: string): TraceEvidence {
  return { available: false, why, resets: [], lost: 0, unknown: 0, cpuMs: 0 };
}

/** What a trace tells of a server as it comes: of its connections, what it did not get as a client, its processes, and of itself. */
export type TracedLine = ConnectionRows | FailedConnectsLine | ProcessLine | RefusalsLine | WitnessLine;

/** What the process that reads the trace writes to stdout, one JSON object a line. */
export type TraceLine =
  | { event: 'tracing' }
  | ({ event: 'traced-reset' } & TracedReset)
  | TracedLine
  | { event: 'traced'; why?: string; lost: number; unknown: number; cpuMs: number };

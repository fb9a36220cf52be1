import type { Counters } from '../system/counters.ts';

/** What the watcher beside a server that is not our gateway writes to stdout, ten times a second. */
export interface TargetLine {
  event: 'target';
  /** Milliseconds since the Unix epoch. */
  at: number;
  /** Whether anybody listens on the port. */
  listening: boolean;
  /** Connections in the accept queue: complete and not yet accepted. */
  acceptQueue?: number;
  /** Connections of the port in any state but TIME_WAIT; absent when they were not counted this time. */
  sockets?: number;
  /** The process that holds the listener, in the server's pid namespace; absent when it cannot be seen. */
  pid?: number;
  /** RLIMIT_NOFILE of that process, soft. */
  nofile?: number;
  /** Descriptors that it holds. */
  descriptors?: number;
  /** Those of its descriptors that are numbered below its nofile: a number above takes no room. */
  descriptorsBelow?: number;
  counters: Counters;
  /** sysctls of the server's network namespace; see linux/sysctls.ts. */
  sysctls: Record<string, string>;
}

import type { Stage } from '../../../protocol/fleet-events.ts';
import type { EvictionState } from './darwin-eviction.ts';

/** Why a user ended as it did. */
export type Fate =
  /** Accepted, and its request answered. */
  | 'served'
  /** Its half-open entry was thrown out for a newer SYN (darwin). */
  | 'evicted'
  /** Its ACK met a full accept queue under tcp_abort_on_overflow (linux). */
  | 'aborted'
  /** Its half-open entry had expired when it sent again (linux). */
  | 'forgotten'
  /** Its cookie was good, and the queue full (darwin with cookies). */
  | 'cookie-refused'
  /** The server had no descriptor for it. */
  | 'no-descriptor'
  /** The user's own patience ended. */
  | 'gave-up'
  /** The kernel gave up sending SYNs: ETIMEDOUT. */
  | 'kernel-gave-up'
  /** It hangs: nothing will ever happen to it. */
  | 'hanging';

/** What one user sees, in the words of the robots' own line (protocol/fleet-events.ts). */
export interface ModelUser {
  id: number;
  outcome: 'open' | 'reset' | 'eof' | 'timeout' | 'hanging';
  stage: Stage;
  errno?: string;
  syscall?: string;
  fate: Fate;
  /** When connect(2) was called, ms. */
  startedMs: number;
  /** After startedMs, ms. */
  connectedMs?: number;
  openMs?: number;
  endedMs?: number;
}

/** What becomes of everybody. */
export interface ModelResult {
  users: ModelUser[];
  /**
   * By the names under which they are measured (lab/evidence). Of both sides, as in a network namespace that server and
   * users share. One that is absent is 0.
   */
  counters: Record<string, number>;
  /** Over a link with a thread: by how many SYNs it found at once, how often. */
  synsAtOnce?: Record<number, number>;
  /** What a macOS host keeps of its evictions, for the next run; absent on Linux. */
  evictions?: EvictionState;
  peak: {
    /** Complete and not yet accepted. */
    complete: number;
    halfOpen: number;
    /** Both at once. */
    held: number;
  };
}

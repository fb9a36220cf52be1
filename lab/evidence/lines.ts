/**
 * What the observer writes to stdout, one JSON object a line. The observer is a process of its own, beside the
 * gateway (same network and pid namespaces, no privilege), so that neither the gateway's faults nor the lab's own
 * work can starve it. Times are milliseconds since the Unix epoch.
 */

/** Counters by kernel name, e.g. `TcpExt ListenOverflows`. */
export type Counters = Record<string, number>;

/** The whole picture, taken before the load and after it. */
export interface SnapshotLine {
  event: 'snapshot';
  at: number;
  when: 'before' | 'after';
  /** All of Tcp (`Tcp …`), TcpExt (`TcpExt …`) and the interfaces (`lo rx_dropped` …). */
  counters: Counters;
  /** sysctls of the gateway's network namespace, by kernel name without `net.core.`/`net.ipv4.`. */
  sysctls: Record<string, string>;
  /** Tells the kernel that the gateway runs on, and this boot of it, from others; absent where there is none. */
  bootId?: string;
  /** Of the gateway process; absent when it is gone. */
  process?: {
    pid: number;
    nofileSoft: number;
    nofileHard: number;
    /** Descriptor numbers, lowest first. */
    descriptors: number[];
    user: number;
  };
  /** The observer's own CPU since its modules were loaded, µs, and for how long, ms. */
  cost: { cpuMicros: number; wallMs: number; samples: number };
}

/** At least ten times a second. */
export interface ObservedLine {
  event: 'observed';
  at: number;
  /** Descriptors that the gateway holds. */
  descriptors?: number;
  /** Connections in the accept queue, complete and not yet accepted: sk_ack_backlog. */
  acceptQueue?: number;
  /** R, S, D, T, Z, … of /proc/PID/stat; `gone` when the process no longer exists. */
  state: string;
  /** CPU time of the gateway since its start, ms. */
  cpuMs?: number;
  /** Time in which its first thread ran, or wanted to and had no processor, since its start, ms. */
  wantedMs?: number;
  rss?: number;
  threads?: number;
  /** Counters that moved since the last line: their new totals minus those of the `before` snapshot. */
  deltas: Counters;
}

export type ObserverLine = SnapshotLine | ObservedLine;

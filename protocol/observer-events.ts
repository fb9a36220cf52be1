import type { Counters } from '../system/counters.ts';
import type { TurningRule } from '../system/nft-rules.ts';
import type { ConntrackCounts, FileCounts } from '../system/proc/kernel-tables.ts';
import type { WitnessLine } from './connection-events.ts';
import type { ConnectionRows } from './connection-rows.ts';
import type { FailedConnectsLine, UpstreamSample } from './upstream-events.ts';

/**
 * What the observer writes to stdout, one JSON object a line. The observer is a process of its own, beside the
 * gateway (same network and pid namespaces, no privilege), so that neither the gateway's faults nor the lab's own
 * work can starve it. Times are milliseconds since the Unix epoch.
 */

/** The whole picture, taken before the load and after it. */
export interface SnapshotLine {
  event: 'snapshot';
  at: number;
  when: 'before' | 'after';
  /** All of Tcp (`Tcp …`), TcpExt (`TcpExt …`) and the interfaces (`lo rx_dropped` …); on macOS `darwin …`. */
  counters: Counters;
  /** sysctls of the gateway's network namespace, by kernel name without `net.core.`/`net.ipv4.`; on macOS by their full names. */
  sysctls: Record<string, string>;
  /** Tells the kernel that the gateway runs on, and this boot of it, from others; absent where there is none. */
  bootId?: string;
  /** Linux: where this observer is; what is told of processes is numbered as there. */
  namespaces?: Namespaces;
  /** macOS: what sw_vers says, and launchctl of maxfiles: the soft and the hard limit that programs are started with. */
  system?: { product?: string; version?: string; build?: string; maxfiles?: string };
  /** Of the gateway process; absent when it is gone. */
  process?: {
    pid: number;
    nofileSoft: number;
    nofileHard: number;
    /** Descriptor numbers, lowest first. */
    descriptors: number[];
    user: number;
  };
  /** Packets that our gateway's own listener had dropped by then; absent without `ss`, or when it does not listen. */
  drops?: number;
  /** Of a server that is not ours: what listens on its port, and every process that holds such a socket. */
  server?: ServerState;
  /** The observer's own CPU since its modules were loaded, µs, and for how long, ms. */
  cost: { cpuMicros: number; wallMs: number; samples: number; rss?: number };
}

/** The numbers of a network namespace and a pid namespace (namespaces(7)): each is one on this machine until it boots. */
export interface Namespaces {
  net: string;
  pid: string;
}

/** What a server that is not ours is. */
export interface ServerState {
  port: number;
  /** What it listens on; `*`: every address of IPv4 and IPv6. */
  addresses: string[];
  /** The least of its listeners' sk_max_ack_backlog, which listen(2) bounded by somaxconn when it was called; absent without `ss`. */
  backlog?: number;
  holders: HolderState[];
  /** Other ports of its network namespace that somebody listens on; absent where they were not looked for. */
  others?: number[];
  /** Where other servers listen on the same port; absent where none does. */
  otherAddresses?: string[];
  /** The addresses of each interface of its network namespace; absent where that could not be entered. */
  interfaces?: Record<string, string[]>;
  /** What could not be seen, and how to see it, one line each. */
  unseen: string[];
}

/** A process of a server that is not ours. */
export interface HolderState {
  pid: number;
  name: string;
  user: number;
  nofileSoft: number;
  nofileHard: number;
  descriptors: number[];
  /** Who started it, or took it over. */
  parent?: number;
}

/** The same at one moment. */
export interface HolderSample {
  state: string;
  descriptors?: number;
  cpuMs?: number;
  wantedMs?: number;
  rss?: number;
  threads?: number;
  /** Its wait status while it is a zombie that nobody has reaped. */
  ended?: { code: number | null; signal: string | null };
}

/** What a server that is not ours shows beside. */
export interface ServerSample {
  /** By pid. */
  holders: Record<string, HolderSample>;
  /** Processes that have joined it since the last line. */
  joined?: HolderState[];
  /** Processes that held its listener, and live on without it: they let others take over. */
  left?: number[];
  /** None of its listeners is one of the last line's: all were closed, and opened again. */
  reopened?: true;
  /** Connections of the port: complete, accepted or not. Absent when they were not counted this time. */
  connections?: number;
  /** Sockets of the port in any state but LISTEN and TIME_WAIT; absent likewise. */
  sockets?: number;
  /** Those of the connections that were there at the last count. */
  stayed?: number;
  /** Those of them that accept(2) has taken, and those that it had taken by the last count as well. */
  held?: number;
  heldStayed?: number;
  /** Those of them of which something lies unread, and those whose clients have left and that it has not closed; absent: none. */
  unread?: number;
  unreleased?: number;
  /** The peers' ports of those of which something has lain unread at every look for so long (UNREAD_MS), each once. */
  starved?: number[];
  /** How many of those have been read since the last look, and are open still. */
  readLate?: number;
  /** The threads that would read what comes, all looks so far: how long they ran or wanted to, of how long that is known, ms. */
  readers?: { busyMs: number; ofMs: number };
  /** Connections in the accept queues of all its listeners. */
  waiting?: number;
  /** The peers' ports of connections that were not there at the last count, and of those that accept(2) has taken since. */
  came?: number[];
  taken?: number[];
  /** Connections of the port in TIME_WAIT, or on the way there: the server closed first. */
  closedFirst?: number;
  /** Packets that its listeners have dropped since the first line; absent when `ss` was not asked this time. */
  drops?: number;
  /** Processes that the kernel has killed in its cgroup for want of memory since the first line. */
  oomKills?: number;
  /** For how long a CPU quota has held its cgroup back since the first line, ms. */
  throttledMs?: number;
  /** As a client of others; absent when that was not looked at this time, and while it was none. */
  upstream?: UpstreamSample;
  /** What bounds its processes and threads; absent when that is what it was. */
  tasks?: TaskLimit[];
  /** Listeners of the last line that are gone. */
  closed?: number;
  /** The rules of netfilter in its namespace that turn packets of its port away, as they are now; where they have changed. */
  filter?: TurningRule[];
  /**
   * Of its open connections whose other end's address is of a network namespace of this machine: how many have that end there, and of
   * how many in all so far it had gone. Where that has changed.
   */
  otherEnds?: { gone: number; there: number };
  /** Connects of this machine that did not become a connection; absent where none was seen, and while that is what it was. */
  unmet?: UnmetConnects;
  /** What the kernel's tables hold, and turned away for want of room since it booted; where that has changed. */
  conntrack?: ConntrackCounts;
  /** Files that are open on this machine, and how many there may be. */
  fileTable?: FileCounts;
}

/** Sockets of clients on this machine that asked for a connection of the server and got none, so far: each is one user's. */
export interface UnmetConnects {
  /** Their SYN was sent again, after 1 s and more, and the server's table has nothing of them. */
  unheard: number;
  /** SYNs that these have sent, at the least. */
  syns: number;
  /** They were answered by an RST while a listener of the server was there. */
  refused: number;
  /** They ended without an answer of TCP, before their SYN was sent again: by an ICMP error, or since the client would not wait. */
  early: number;
}

/** How many tasks, which are processes and their threads, may be where a server is, and how many there are, whosever. */
export interface TaskLimit {
  by: 'pids.max' | 'RLIMIT_NPROC';
  /** Folder of the cgroup, or `user UID`. */
  where: string;
  /** Absent: this cgroup has none, and those above it have. */
  limit?: number;
  used?: number;
  /** Forks refused in this cgroup since the first line; absent where the kernel does not count them. */
  refused?: number;
}

/** Connections of the port that their clients have closed, and the server has not (CLOSE_WAIT): each has a descriptor. */
export interface ClientsGone {
  now: number;
  /** Those of them that have been so for 2 s or more, as far as was seen. */
  kept: number;
  /** Those of them of which more than the FIN has not been read. */
  unread: number;
  /** How many that had been so for as long the server has closed since the watch began. */
  closed: number;
}

/** At least ten times a second. */
export interface ObservedLine {
  event: 'observed';
  at: number;
  /** Descriptors that the gateway holds. */
  descriptors?: number;
  /** Connections in the accept queue, complete and not yet accepted: sk_ack_backlog. */
  acceptQueue?: number;
  /** macOS: the listener's queue as netstat -L shows it: half-open and complete, half-open, limit. */
  listenQueue?: { qlen: number; incqlen: number; maxqlen: number };
  /** R, S, D, T, Z, … of /proc/PID/stat; `gone` when the process no longer exists. */
  state: string;
  /** CPU time of the gateway since its start, ms. */
  cpuMs?: number;
  /** Time in which its first thread ran, or wanted to and had no processor, since its start, ms. */
  wantedMs?: number;
  rss?: number;
  threads?: number;
  /** At a look at the port's table; absent when it was not looked at, and after the first as long as there never was one. */
  clientsGone?: ClientsGone;
  /** Counters that moved since the last line: their new totals minus those of the `before` snapshot. */
  deltas: Counters;
  /** Of a server that is not ours. */
  server?: ServerSample;
}

/** macOS: what a command printed, as it stood there; left out when it is what the same command printed before. */
export interface RawLine {
  event: 'raw';
  at: number;
  command: string;
  /** Null when it could not be run. */
  text: string | null;
}

export type ObserverLine =
  | SnapshotLine
  | ObservedLine
  | RawLine
  | ConnectionRows
  | WitnessLine
  | FailedConnectsLine;

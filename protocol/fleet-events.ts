/** What the fleet writes to stdout, one JSON object a line. Times are milliseconds since the Unix epoch. */

/** What became of one user. */
export const OUTCOMES = [
  'open',
  'reset',
  'refused',
  'timeout',
  'eof',
  'closed',
  'protocol',
  'no-port',
  'no-fd',
  'other',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** How far a user can come: TCP handshake, TLS handshake, WebSocket upgrade (with KIND=http: the head of the response), open. */
export const STAGES = ['connect', 'tls', 'upgrade', 'open'] as const;
export type Stage = (typeof STAGES)[number];

/** One connection of a user that came back after it, and so not its last. */
export interface EarlierAttempt {
  outcome: Outcome;
  stage: Stage;
  errno?: string;
  code?: number;
  status?: number;
  port?: number;
  startedAt: number;
  /** Milliseconds after startedAt. */
  openMs?: number;
  endedMs: number;
}

/** One line a robot: once it has failed for good, or when the load is over. Nothing is left out; what it tells is the user's last attempt. */
export interface UserLine {
  event: 'user';
  id: number;
  outcome: Outcome;
  /** The stage in which it ended; `open` for a user that was open to the end. */
  stage: Stage;
  /** The driver does not see where it ended: `stage` is the earliest that it can have been. */
  stageUnknown?: true;
  /** As the OS named it: ECONNRESET, ETIMEDOUT, EADDRNOTAVAIL, … */
  errno?: string;
  /** read, write, connect */
  syscall?: string;
  /** WebSocket close code received, when one was. */
  code?: number;
  /** Status of the HTTP answer that was a failure: ws: any but 101; http: 429 and all from 500 (robots/kinds/http-status.ts). */
  status?: number;
  /** A user that failed: the first bytes that the server had said, as robots/said.ts puts them; absent: it said nothing. */
  said?: string;
  /** More than the OS says, e.g. how an EOF was shown to be a reset. */
  detail?: string;
  /** Local port, which joins this line to the kernel's and the gateway's. */
  port?: number;
  /** Local address, of a load from several sources: users of two may have one port. */
  address?: string;
  /** When connect(2) was called. */
  startedAt: number;
  /** Milliseconds after startedAt; absent when that point was not reached. */
  connectedMs?: number;
  /** The TLS handshake is over. */
  securedMs?: number;
  openMs?: number;
  /** When it failed, was closed or was served to the end (http); absent for a user that was open to the end. */
  endedMs?: number;
  /** When it left in order, having stayed as long as it wanted. */
  leftMs?: number;
  /** Where it then left unread what came: bytes that it had read of the connection, TLS's own with them, and the version of TLS. */
  hadRead?: { bytes: number; tls?: string };
  /** Connections it made, when more than one: it came back after it had been open. */
  attempts?: number;
  /** All of them but the last, first to last. */
  earlier?: EarlierAttempt[];
  /** http: how long its connection had been idle when it sent the request that failed; absent for its first one. */
  idleMs?: number;
  bets: { placed: number; acked: number; rejected: number };
  /** Milliseconds from bet to ack, the slowest; absent when none was acked. */
  slowestAckMs?: number;
}

/** Several times a second, for the progress bar and the time series. */
export interface ProgressLine {
  event: 'progress';
  at: number;
  asked: number;
  started: number;
  open: number;
  failed: number;
  bets: { placed: number; acked: number };
  /** The fleet watching itself. */
  self: FleetSelf;
}

/** The fleet's own health, summed (descriptors) or the worst (loop) over its processes. */
export interface FleetSelf {
  processes: number;
  nofile: number;
  /** Users whose sockets get a descriptor below the limit; absent where the driver does not know it. */
  room?: number;
  /** Absent where they cannot be counted from outside. */
  descriptors?: number;
  /** Local ports that the kernel may hand out, per source address. */
  ports: {
    first: number;
    last: number;
    addresses: number;
    /** Those that it passes over: of listeners, and reserved ones; absent where that is not known. */
    taken?: number[];
  };
  /** Sysctls of the robots' own network namespace that act where a connection begins; absent where there is no /proc. */
  sysctls?: Record<string, number>;
  /** Event loop delay since the last line, ms; absent where the driver does not know it. `busy`: the part of the time at work, of a single process alone. */
  loop?: { p50: number; p99: number; max: number; busy?: number };
  /** Bytes and microseconds over all processes; absent where they cannot be read from outside. */
  rss?: number;
  cpuMicros?: number;
}

/** What our own fleet knows of itself: all of it. */
export type OwnSelf = Required<FleetSelf>;

/** A step of the load, so that others can line their series up with it. */
export interface PhaseLine {
  event: 'phase';
  at: number;
  /** `let-one-go`: one user that was in has been told to leave, so that it shows whether another is let in for it. */
  phase: 'ready' | 'load' | 'settled' | 'betting' | 'let-one-go' | 'done';
  /** let-one-go: the local port of that one. */
  port?: number;
}

/** The last line. */
export interface FleetDoneLine {
  event: 'done';
  at: number;
  asked: number;
  open: number;
  failed: number;
  bets: { placed: number; acked: number; rejected: number };
  /** From the first connect to the last user settled (open or failed), ms. */
  settledMs: number;
  self: FleetSelf;
  /** The load was ended early by a signal; who was not open yet is counted as other. */
  interrupted?: boolean;
  /** One entry for each way in which the fleet itself was the limit; empty when it was not. */
  bottlenecks: { what: 'descriptors' | 'ports' | 'loop'; says: string; users: number }[];
}

/** A phase into which the shards of a fleet go together. */
export type GatedPhase = 'load' | 'betting' | 'done';

/** What a shard says to its fleet, beside what a fleet says: it has come to the gate of a phase. */
export interface WaitingLine {
  event: 'waiting';
  for: GatedPhase;
  /** Before the load: where its users will come from; absent where that is not known. */
  address?: string;
}

export type FleetLine = UserLine | ProgressLine | PhaseLine | FleetDoneLine;

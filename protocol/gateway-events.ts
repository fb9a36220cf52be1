import type { DuringDelay, LoopDelay } from '../system/loop-delay.ts';
import type { OwnMemory } from '../system/own-memory.ts';

/**
 * What the gateway writes to stdout, one JSON object a line. Stdout is open before the first user arrives, so these
 * lines still come out when the gateway has no descriptor left. Times are milliseconds since the Unix epoch.
 */

/** Written once `listen` has returned. */
export interface ListeningLine {
  event: 'listening';
  at: number;
  pid: number;
  host: string;
  port: number;
  /** The backlog passed to listen(2), before the kernel clamps it to somaxconn. */
  backlog: number;
  /** RLIMIT_NOFILE, soft, as this process has it (Node raises soft to hard at start). */
  nofile: number;
  /** Numbers of the descriptors that are open before any user; empty where the OS does not list them. */
  descriptorsAtRest: number[];
  node: string;
  /** CPU quota (CPUs) and memory limit (MiB) in force for this process, 0: none; absent where there are no cgroups. */
  limits?: { cpus: number; memoryMb: number };
}

/** Why the gateway itself ended a connection. */
export type CloseReason =
  | 'handshake-timeout'
  | 'idle-timeout'
  | 'heartbeat'
  | 'too-large'
  | 'protocol-error'
  | 'socket-error'
  | 'tls-error'
  | 'slow-consumer'
  | 'bad-request'
  | 'max-connections'
  | 'process-limit'
  | 'deadline'
  | 'keep-alive'
  | 'unread'
  | 'restart'
  | 'drain';

/** Those that are no decision of the gateway's, but an error that it saw. */
export const SEEN_ERRORS: readonly CloseReason[] = ['socket-error', 'tls-error'];

/** Several times a second. Counters are totals since start. */
export interface SampleLine {
  event: 'sample';
  at: number;
  /** WebSockets open now. */
  open: number;
  /** TCP connections that accept(2) gave us. */
  accepted: number;
  /** Others that it has accepted and reads nothing of until it is their turn; absent: there are no turns. */
  waiting?: number;
  /** TLS handshakes that have begun: their ClientHello was answered; absent: it speaks no TLS. */
  handshakesBegun?: number;
  /** TLS handshakes that were completed; absent: it speaks no TLS. */
  handshakes?: number;
  /** Time in its own code, for upgrades and bets, ms; absent likewise. What else its loop was at work for, TLS above all, is not in it. */
  ownMs?: number;
  upgraded: number;
  /** Sockets that ended, by whom: decided here (with the reasons of CloseReason), by the peer, or by an error. */
  closed: { byGateway: number; byPeer: number; byError: number };
  /** Close lines since start, by reason: still right when lines were dropped. */
  reasons?: Partial<Record<CloseReason, number>>;
  /** Since the last sample. */
  loop: LoopDelay;
  /** By its CPU quota, since its cgroup was made: periods in which it was held back, and for how long; absent without a quota. */
  throttled?: { periods: number; ms: number };
  longest?: DuringDelay;
  bets: {
    received: number;
    recorded: number;
    duplicates: number;
    rejected: number;
  };
  memory: OwnMemory;
  /** Lines that were not written since whoever reads stdout is too slow. */
  dropped?: number;
}

/** One for every close that the gateway decides (and every error of a socket or of TLS that it sees). */
export interface CloseLine {
  event: 'close';
  at: number;
  reason: CloseReason;
  /** Close code sent, when one was. */
  code?: number;
  /** The peer's port, which joins this line to a robot. */
  peerPort: number;
  /** The peer's address, where there may be several: peers of two may have one port. */
  peerAddress?: string;
  /** Milliseconds from accept to close. */
  ageMs: number;
  detail?: string;
  /** An error of a socket with TLS, once its handshake was over: bytes that went out on the connection, and of the gateway's data in them. */
  sent?: { all: number; data: number };
}

/** One at each end of a round. */
export interface RoundLine {
  event: 'round';
  at: number;
  round: number;
  /** Sockets the betting-open broadcast went to. */
  audience: number;
  /** Sockets that opened in the middle of the round and were told the rest of it. */
  late?: number;
  bets: number;
  amount: number;
}

/** An error that the gateway survived, or the one it dies of (`fatal`). */
export interface ErrorLine {
  event: 'error';
  at: number;
  fatal: boolean;
  message: string;
  code?: string;
}

/** A restart that the gateway was told to make: when it stops listening and cuts all, and listens anew; or has drained. */
export interface RestartLine {
  event: 'restart';
  at: number;
  phase: 'down' | 'up' | 'drained';
  /** WebSockets open at that moment. */
  open: number;
}

/** The last line after SIGTERM: everything is closed. */
export interface DrainedLine {
  event: 'drained';
  at: number;
  /** Sockets that were still open when the drain began. */
  open: number;
  /** Of those, the ones that did not answer the close in time: the exit cuts them. */
  cut?: number;
  ms: number;
  bets: SampleLine['bets'];
  /** Bets in the ledger, distinct by id, over all rounds. */
  recorded: number;
  /** Ids that stand in the ledger more than once: always 0 unless the ledger is broken. */
  doubled: number;
}

export type GatewayLine =
  | ListeningLine
  | SampleLine
  | CloseLine
  | RoundLine
  | ErrorLine
  | RestartLine
  | DrainedLine;

import type { EvictionState } from './darwin-eviction.ts';

/** Settings of a Linux server, by kernel name. */
export interface LinuxSettings {
  backlog: number;
  somaxconn: number;
  /** Default 4096. */
  tcp_max_syn_backlog?: number;
  /** Default 0. */
  tcp_abort_on_overflow?: number;
  /** Default 1. */
  tcp_syncookies?: number;
  /** Default 5. */
  tcp_synack_retries?: number;
  /** Default 6. */
  tcp_syn_retries?: number;
  /** Default 4, the value since 6.5; 0 for a kernel that has none. */
  tcp_syn_linear_timeouts?: number;
  /** Ticks of the kernel's clock a second, CONFIG_HZ: timers are late by up to an eighth. Default 250. */
  hz?: number;
  /** The peer's address is in the kernel's metrics (net/ipv4/tcp_metrics.c tcp_peer_is_proven). Default false. */
  knownPeer?: boolean;
}

/** Settings of a macOS server, by kernel name without `kern.ipc.` and `net.inet.tcp.`. */
export interface DarwinSettings {
  backlog: number;
  /** kern.ipc.somaxconn; 128 where nobody has changed it. */
  somaxconn: number;
  /** Default 1. */
  soqlimitcompat?: number;
  /** net.inet.tcp.syncookie, which newer kernels have: 0 off, 1 when the queue fills, 2 always. Default 0. */
  syncookie?: number;
  /** ms; default 75 000. */
  keepinit?: number;
  /** How long the host is up at the run's origin, ms: the second of the eviction turns at .5 of it. Default 500. */
  uptimeMs?: number;
}

/** What the server's process does with its queue. */
export interface ModelServer {
  /** Connections that it takes out of the queue, a second, when it does nothing else; Infinity is allowed. */
  acceptRate: number;
  /**
   * It looks so often, by a clock of its own and beside all its other work, whether it may take one, ms; else it is woken when there is one.
   * The rate then counts from the last look that found none.
   */
  pollMs?: number;
  /** Its work for each request, ms; it takes no connection meanwhile. Default 0. */
  serveMs?: number;
  /** When it takes the first, the second …, ms, in place of a rate; none after the last. */
  acceptTimes?: readonly number[];
  /** It takes none before this, ms; Infinity: never. Default 0. */
  stoppedUntilMs?: number;
  /** RLIMIT_NOFILE in force; without it there are always enough. */
  nofile?: number;
  /** Descriptor numbers that it holds before the first user. */
  descriptorsAtRest?: readonly number[];
  /**
   * What it does when accept(2) fails for want of a descriptor. `libuv` (Node): a spare descriptor is closed, all that
   * waits is accepted with it and closed (src/unix/stream.c uv__emfile_trick). `go`: it sleeps 5 ms, doubled up to 1 s, and tries
   * again (net/http Server.Serve). `loop`: it tries again at once. Default libuv.
   */
  whenOut?: 'libuv' | 'go' | 'loop';
}

/** How packets go from one side to the other. */
export type ModelLink =
  /** Linux loopback: a packet is handled before the call that sent it returns, which takes packetMs. */
  | { kind: 'synchronous'; packetMs?: number }
  /** Each packet is held back by so long (netem). */
  | { kind: 'delay'; delayMs: number }
  /**
   * One packet goes every delayMs, in both directions together; the first at once, or after
   * busyMs, when packets from before are still under way (tbf with a bucket of one packet).
   */
  | { kind: 'spaced'; delayMs: number; busyMs?: number }
  /**
   * macOS loopback: one thread takes all that waits, each `everyMs`; what it causes waits for its next turn. In that time
   * `batch` users at most get their SYN out.
   */
  | { kind: 'batches'; batch: number; everyMs?: number }
  /**
   * The same by what the thread and the users' program take: it runs `wakeMs` after the first packet that it finds asleep, takes all that
   * waits, `packetMs` for each, and looks again. `oneCore`: nothing else runs meanwhile.
   */
  | { kind: 'thread'; wakeMs: number; packetMs: number; oneCore?: boolean };

/** What the users' programs do. */
export interface ModelClient {
  /** A user gives up so long after connect(2), ms; Infinity: never. */
  patienceMs: number;
  /** From the kernel's knowing to the program's, ms. Default 0. */
  reactionMs?: number;
  /** What the users' program, one for all, takes for each step of a user: to connect, to send its request. Default 0. */
  stepMs?: number;
  /** The user sends a request once it is connected. Default true. */
  speaks?: boolean;
  /** From a user's seeing that it is connected to its request, ms. Default 0. */
  thinkMs?: number;
}

interface Common {
  /** When each user calls connect(2), ms. */
  arrivals: readonly number[];
  /** Complete connections in the queue before the first, which say nothing. Default 0. */
  waiting?: number;
  server: ModelServer;
  link: ModelLink;
  client: ModelClient;
  /** Of what is random: the victims under sustained overflow (darwin). */
  seed: number;
}

/** All that the model reckons with. Times are ms from one origin. */
export type ModelInput =
  | (Common & { dialect: 'linux'; settings: LinuxSettings })
  | (Common & {
      dialect: 'darwin';
      settings: DarwinSettings;
      /** What the host keeps of the evictions before, as a run gives it back; in place of the seed. */
      evictions?: EvictionState;
    });

import type { ResolvedSettings } from '../settings/setting-sources.ts';

/** Those that `auto` chooses from, in this order. */
export const LOCAL_RUNTIMES = ['docker', 'netns', 'native'] as const;
/** `swarm` makes load on other machines: it is taken when it is named. */
export const RUNTIME_NAMES = [...LOCAL_RUNTIMES, 'swarm'] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** Does that runtime hold parts on other machines, which what this one has does not bound? */
export function spansMachines(name: string): boolean {
  return name === 'swarm';
}

/** What a part is: it tells where the part runs (whose namespaces) and what it is called in messages. */
export type Role = 'gateway' | 'robots' | 'observer' | 'channel';

/** How to start one part of a run. */
export interface PartSpec {
  role: Role;
  /** The gateway that it is, watches or sends its users to, from 0; absent: the first. */
  gateway?: number;
  /** The source that robots come from, from 0; absent: the first. */
  source?: number;
  /** Module below the project's root, e.g. `gateway/main.ts`. */
  module: string;
  /** What Node is told before it; absent: nothing. */
  nodeOptions?: readonly string[];
  env: Record<string, string>;
  /** What it needs beside Node. */
  tool?: 'k6';
  /** RLIMIT_NOFILE, soft = hard; absent: as inherited. */
  nofile?: number | undefined;
  /** Gets each line of stdout, parsed. A line that is no JSON object goes to the part's stray output. */
  onLine: (line: unknown) => void;
}

/** How a part ended. */
export interface Ending {
  code: number | null;
  signal: string | null;
  /** Processes that the kernel killed in the part's cgroup for want of memory; absent where that cannot be read. */
  oomKills?: number;
  /** The last of stderr and of stdout that was not JSON. */
  output: string;
}

/** A running part. */
export interface Part {
  readonly ended: Promise<Ending>;
  /** Which machine it is on, in a word; absent: the lab's own. */
  readonly where?: string;
  /** By how much its clock is ahead of the lab's, ms, as was measured when it joined; absent: it has the lab's own. */
  readonly aheadMs?: number;
  /** Sends a signal to the part's own process. Does nothing when it has ended. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): Promise<void>;
  /** Writes a line to its stdin; absent where nobody can. Does nothing when it has ended. */
  say?(line: string): void;
}

/**
 * What delays the link: netem holds every packet back for the time asked for; tbf, where the kernel has no netem, lets one
 * packet go each time that long (docker/delay.sh).
 */
export type LinkQdisc = 'netem' | 'tbf';

/**
 * The clock of a part on another machine. Every time that the part told is on the lab's clock already: `aheadMs` was taken away.
 * Of the offset at its end no more is known than `errorMs` says: half of the round trip, and what the offset has changed by.
 */
export interface PartClock {
  /** What it is the clock of: a gateway, or a source of robots; both from 0. */
  role: 'gateway' | 'robots';
  number: number;
  where: string;
  /** Ahead of the lab's clock when it joined, ms. */
  aheadMs: number;
  /** The same after the load; absent: it was lost. */
  afterMs?: number;
  errorMs: number;
}

/** Docker's proxy of a published port, as the host shows it. */
export interface ProxySeen {
  /** On the host. */
  port: number;
  /** Does it listen? */
  listening: boolean;
  nofile?: number;
  /** Descriptors that it holds without users, and the most that were seen. */
  atRest?: number;
  peak?: number;
}

/** A prepared place (namespace, network) with the sysctls in force. Disposing it ends everything in it. */
export interface Stage extends AsyncDisposable {
  start(spec: PartSpec): Promise<Part>;
  /** Where the gateway listens, and where the robots find it. */
  readonly listenHost: string;
  readonly targetHost: string;
  /** Where they find each of several, from 0; absent: there is the one. */
  targetOf?(gateway: number): string;
  /** Of several: the addresses that the robots come from; absent: one. */
  readonly sources?: number;
  /** Where that is not the port on which the gateway listens. */
  readonly targetPort?: number | undefined;
  /** What stands between the two, as it is now; undefined: nothing that can be seen. */
  proxy?(): ProxySeen | undefined;
  /** Is k6 in the part's own PATH? If not, it is looked for on this machine. */
  readonly hasK6: boolean;
  /** The clocks of parts on other machines, measured anew; absent: all have the lab's own. */
  clocks?(): Promise<PartClock[]>;
  /** Does the namespace belong to this run alone? If not, its counters hold other traffic as well. */
  readonly exclusive: boolean;
  /**
   * Delays what the gateway sends to the robots by `ms` from now on; on netns, whose loopback carries both directions,
   * what the robots send as well. The gateway must have been started. Throws CannotRunError when it cannot be done.
   */
  delayLink(ms: number, gateway?: number): Promise<LinkQdisc>;
  /**
   * Puts a packet filter before this port of the gateway, in the namespace of the run. Absent where `check` refuses that. Throws
   * CannotRunError when it cannot be done.
   */
  filterPackets?(port: number, gateway?: number): Promise<void>;
}

export interface Runtime {
  readonly name: RuntimeName;
  /** Undefined when it can be used here, else what is missing and how to get it. */
  missing(): Promise<string | undefined>;
  /**
   * Throws UsageError for a setting that this runtime cannot take, by its name. Nothing is started, but an image may be built;
   * an abort ends that and throws its reason.
   */
  check(settings: ResolvedSettings, signal?: AbortSignal): Promise<void>;
  /** Prepares a place. `label` marks everything that is made, so that `clean` can find it. An abort ends the building of an image alone. */
  open(settings: ResolvedSettings, label: string, signal?: AbortSignal): Promise<Stage>;
}

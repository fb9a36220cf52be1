/**
 * Every setting of every part, once. Plain data without imports, since k6's runtime loads it as well. What the gateway, the
 * robots and k6 read (read-settings.ts), the lab's schema (lab/settings/schema.ts), .env.example, docker-compose.yml and
 * the tables of docs/settings.md (`npm run settings`), and the schema of manifest.json (`npm run schemas`) are made from it;
 * see docs/adding-a-setting.md.
 */

/** Who reads a setting from its environment, under its name in capitals. */
export type Part = 'gateway' | 'robots' | 'k6';

/**
 * What a setting belongs to: a sysctl of the gateway's or the robots' network namespace, a limit of the gateway's or of the
 * robots' process, the link between the two, an option of the gateway, or the load.
 */
export type Side = 'sysctl' | 'process' | 'fleet' | 'link' | 'gateway' | 'load';

/** What a setting can be. `allowed`: how that is said in an error line, where it does not follow from the bounds. */
type Kind =
  | { kind: 'whole'; min: number; max: number; default?: number }
  | { kind: 'choice'; values: readonly string[]; default: string; allowed?: string }
  /** A time with its unit: to the parts, in ms. `max` in ms. */
  | { kind: 'duration'; max: number; default: string; allowed: string }
  | { kind: 'cpus'; default: number; allowed: string }
  | { kind: 'ports'; default?: never; allowed: string }
  | { kind: 'text'; pattern: RegExp; default?: string; allowed: string }
  | { kind: 'addresses'; default: ''; allowed: string }
  /** An object of protocol/target-options.ts, in JSON. */
  | { kind: 'target'; default: ''; allowed: string };

/** What differs for one part; the entry says why. */
interface Own {
  min?: number;
  max?: number;
  values?: readonly string[];
  allowed?: string;
}

export type Setting = Kind & {
  about: string;
  /** What its values mean, where `about` does not say it. */
  means?: string;
  /** Absent: internal to its parts; nobody sets it through the lab. */
  side?: Side;
  /** Absent: no part reads it; the lab and its runtimes apply it. */
  parts?: readonly Part[];
  /** Full kernel name of a sysctl. */
  sysctl?: string;
  /** The network namespace of a sysctl, where gateway and robots have one each; the gateway's by default. */
  namespace?: 'robots';
  /** It makes a failure on purpose. Nobody knows such a thing about a server that fails by itself, so an exam hides it. */
  fault?: true;
  /** The value in force where there is no default, in words for the docs; the kernel's value if absent. */
  unset?: string;
  /**
   * In docker-compose.yml a setting is a variable for the gateway and the lab; a setting of the load is one for the lab alone, and a sysctl
   * also one for its namespace. `absent`: there is no variable. `default`: the stack has another default; the entry says why. `chosen`: the
   * lab gets the value only where somebody chose one.
   */
  compose?: 'absent' | { default: number | string; chosen?: true };
} & { [P in Part]?: Own };

/** The longest that a timer of Node's can wait, ms. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

const DAY_MS = 86_400_000;
const TEN_MINUTES_MS = 600_000;
const MANY_USERS = 10_000_000;
/** Together they have a byte of an address (lab/runtimes/spread.ts). */
const MOST_GATEWAYS = 200;
const MOST_SOURCES = 50;
/** systemd raises fs.nr_open to this, so it is the highest limit in practice. */
const HIGHEST_NOFILE = 1_073_741_816;
const DRIVERS = ['robots', 'k6'] as const;

/** `diagnose --load` passes these to the robots unchanged: any time that a timer can wait. */
const ANY_TIME = { min: 1, max: LONGEST_TIMER_MS } as const;
const ANY_WAIT = { max: LONGEST_TIMER_MS } as const;

/** How a part that is started by hand describes the values. */
const RAMP = { allowed: '0 (all at once) or a duration like 500ms, 10s or 1m, at most 24 days' } as const;

/** Below this Node cannot start, listen and serve one user: 23 descriptors of its own, the listener, the user. */
const NODE_NEEDS_NOFILE = 25;

/** In the order in which they are listed. Those without a default are left as the kernel has them. */
export const SETTINGS = {
  nofile: {
    about: 'RLIMIT_NOFILE of the gateway, soft = hard: how many descriptors its process may have',
    side: 'process',
    kind: 'whole',
    min: NODE_NEEDS_NOFILE,
    max: HIGHEST_NOFILE,
    default: 4096,
  },
  backlog: {
    about: 'backlog that the gateway passes to listen(2); the kernel uses min(backlog, somaxconn)',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 1,
    max: 65_535,
    default: 511,
  },
  somaxconn: {
    about: 'upper bound of every accept queue',
    side: 'sysctl',
    sysctl: 'net.core.somaxconn',
    kind: 'whole',
    min: 1,
    max: 65_535,
    default: 4096,
  },
  // Compose cannot leave a sysctl out, so the stack sets the value that most kernels have.
  tcp_max_syn_backlog: {
    about: 'bound of the SYN queue where cookies are off',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_max_syn_backlog',
    kind: 'whole',
    min: 1,
    max: 1_048_576,
    compose: { default: 4096 },
  },
  tcp_abort_on_overflow: {
    about: 'whether a handshake that finds the accept queue full is answered with RST',
    means: '0: no, it is dropped, 1: yes',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_abort_on_overflow',
    kind: 'whole',
    min: 0,
    max: 1,
    compose: { default: 0 },
  },
  tcp_syncookies: {
    about: 'whether SYNs are answered with cookies',
    means: '0: never, 1: when the SYN queue is full, 2: always',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_syncookies',
    kind: 'whole',
    min: 0,
    max: 2,
    compose: { default: 1 },
  },
  tcp_synack_retries: {
    about: 'how often a SYN-ACK is sent again',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_synack_retries',
    kind: 'whole',
    min: 0,
    max: 255,
    compose: { default: 5 },
  },
  tcp_syn_retries: {
    about: 'how often a client sends its SYN again',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_syn_retries',
    namespace: 'robots',
    kind: 'whole',
    min: 1,
    max: 127,
    compose: { default: 6 },
  },
  tcp_fin_timeout: {
    about: 'how long a socket stays in FIN_WAIT_2, s',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_fin_timeout',
    kind: 'whole',
    min: 1,
    max: 3600,
    compose: { default: 60 },
  },
  tcp_tw_reuse: {
    about: 'whether new connections use ports in TIME_WAIT again',
    means: '0: no, 1: yes, 2: on loopback only',
    side: 'sysctl',
    sysctl: 'net.ipv4.tcp_tw_reuse',
    namespace: 'robots',
    kind: 'whole',
    min: 0,
    max: 2,
    compose: { default: 2 },
  },
  ip_local_port_range: {
    about: 'local ports that the robots may connect from',
    side: 'sysctl',
    sysctl: 'net.ipv4.ip_local_port_range',
    namespace: 'robots',
    kind: 'ports',
    allowed: 'two ports, first and last, from 1024 to 65535, e.g. 40000-40999',
    // A range that somebody chose is an experiment, so the lab must be able to tell it from the default.
    compose: { default: '32768 60999', chosen: true },
  },
  robots_nofile: {
    about: 'RLIMIT_NOFILE of a robots process; if set, the fleet stays in one process',
    side: 'fleet',
    kind: 'whole',
    min: 64,
    max: HIGHEST_NOFILE,
    unset: 'as inherited',
    // As with the port range. The engine's own limit may be too low for the fleet.
    compose: { default: 16_384, chosen: true },
  },
  tls: {
    about: 'whether gateway and users speak TLS, and the key of the certificate that the gateway shows',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'choice',
    values: ['off', 'ecdsa-p256', 'rsa-2048', 'rsa-4096'],
    default: 'off',
  },
  port: {
    about: 'port of the gateway',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 1,
    max: 65_535,
    default: 8080,
    // 0: any free port, for tests and by hand. The lab must know where users connect to.
    gateway: { min: 0 },
    // In the stack any port is free, since none is published.
    compose: 'absent',
  },
  round_ms: {
    about: 'how long betting is open in a round, ms',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 100,
    max: DAY_MS,
    default: 4000,
    // Tests of the gateway alone need no time in which a whole fleet can bet.
    gateway: { min: 1 },
    // The stack shows fd-exhaustion, whose scenario has short rounds.
    compose: { default: 1500 },
  },
  pause_ms: {
    about: 'pause between the result of a round and the next round, ms',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 1000,
    // As round_ms.
    compose: { default: 500 },
  },
  handshake_timeout_ms: {
    about: 'a user whose upgrade is not finished this long after accept is closed, ms; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 30_000,
  },
  idle_timeout_ms: {
    about: 'a user that is silent for this long is closed, ms; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
  },
  heartbeat_ms: {
    about: 'ping interval, ms; a user that has not answered by the next ping is cut; 0: no pings',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 30_000,
  },
  max_payload: {
    about: 'largest message that the gateway accepts, bytes',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 128,
    max: 104_857_600,
    default: 65_536,
  },
  max_connections: {
    about: 'cap: further connections are refused; 0: none',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  max_served: {
    about:
      'connections served at once: further ones are accepted, and wait unread until one of the others ends; 0: no limit',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  accept_until_users: {
    about: 'once this many users are open, the gateway listens but accepts no more; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  max_buffered: {
    about: 'unsent bytes for one user, above which the user is cut',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 1024,
    max: 1_073_741_824,
    default: 1_048_576,
  },
  bet_cost_ms: {
    about: 'work of each bet on the event loop, ms',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 10_000,
    default: 0,
    fault: true,
  },
  handshake_cost_ms: {
    about: 'work of each upgrade on the event loop, ms',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 10_000,
    default: 0,
    fault: true,
  },
  stall_at_users: {
    about: 'once this many users are open, the event loop is blocked for stall_ms; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  stall_ms: {
    about: 'how long stall_at_users blocks the event loop, ms',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: TEN_MINUTES_MS,
    default: 0,
    fault: true,
  },
  crash_at_users: {
    about: 'once this many users are open, the gateway dies of an unhandled error; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  kill_at_users: {
    about: 'once this many users are open, the lab ends the gateway by SIGKILL; 0: never',
    side: 'load',
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  unlisten_at_users: {
    about: 'once this many users are open, the gateway closes its listener and serves only them; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  process_per_user: {
    about: 'whether a process is started for each connection, which is closed if that fails',
    means: '0: no, 1: yes',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 1,
    default: 0,
  },
  deadline_ms: {
    about: 'every connection is cut at this age, ms; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
  },
  heartbeat_misses: {
    about: 'unanswered pings in a row after which a user is cut',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 1,
    max: 100,
    default: 1,
  },
  keep_alive_ms: {
    about: 'HTTP: an idle connection is closed after this long, ms; 0: after each answer',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
  },
  cap_silent: {
    about: 'whether connections above max_connections are cut without an answer and without a log line',
    means: '0: no, 1: yes',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 1,
    default: 0,
    fault: true,
  },
  close_unread_ms: {
    about: 'a user is closed this long after it opened, with all that it sent unread, ms; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
    fault: true,
  },
  leak: {
    about: 'whether the socket of a user that has left stays open for ever, with its descriptor',
    means: '0: no, 1: yes',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 1,
    default: 0,
    fault: true,
  },
  user_kb: {
    about: 'memory kept for each open user, KiB',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 1_048_576,
    default: 0,
    fault: true,
  },
  broadcast_kb: {
    about: 'padding of the message that opens a round, KiB',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 65_536,
    default: 0,
    fault: true,
  },
  restart_at_users: {
    about: 'once this many users are open, the gateway ends every connection and listens again; 0: never',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
    fault: true,
  },
  restart_ms: {
    about: 'how long the gateway does not listen in such a restart, ms',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: TEN_MINUTES_MS,
    default: 500,
    fault: true,
  },
  restart_drain_ms: {
    about:
      'drain before a restart: over how long users are told to leave (close code 1012), ms; 0: all are cut at once',
    side: 'gateway',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: TEN_MINUTES_MS,
    default: 0,
    fault: true,
  },
  cpus: {
    about: 'CPU quota of the gateway, in CPUs; 0: none',
    side: 'process',
    kind: 'cpus',
    allowed: '0, or CPUs from 0.01, e.g. 0.5',
    default: 0,
  },
  memory_mb: {
    about: 'memory limit of the gateway, MiB; 0: none',
    side: 'process',
    kind: 'whole',
    min: 0,
    max: 1_048_576,
    default: 0,
  },
  pids_max: {
    about: 'limit on processes and threads together, of the gateway and all that it starts; 0: none',
    side: 'process',
    kind: 'whole',
    min: 0,
    max: 4_194_304,
    default: 0,
  },
  link_delay_ms: {
    about: 'delay of the link between gateway and robots, ms; 0: none',
    side: 'link',
    kind: 'whole',
    min: 0,
    max: 10_000,
    default: 0,
  },
  packet_filter: {
    about: 'what a packet filter in front of the gateway does to users beyond `filter_beyond`',
    means:
      'drop: it drops their SYN; reject: it answers their SYN with ICMP port unreachable; reset: it answers their SYN with an RST; cut: they connect, and it answers the data that they send with an RST, unknown to the gateway',
    side: 'link',
    kind: 'choice',
    values: ['none', 'drop', 'reject', 'reset', 'cut'],
    default: 'none',
    compose: 'absent',
    fault: true,
  },
  filter_beyond: {
    about:
      'packets that the packet filter lets pass before it begins: packets with data for `cut`, else SYNs',
    side: 'link',
    kind: 'whole',
    min: 1,
    max: MANY_USERS,
    default: 100,
    compose: 'absent',
    fault: true,
  },
  filter_per_second: {
    about: 'packets per second that the packet filter lets pass after that; 0: none',
    side: 'link',
    kind: 'whole',
    min: 0,
    max: 1_000_000,
    default: 0,
    compose: 'absent',
    fault: true,
  },
  way_back: {
    about: 'the link over which answers go to every second user',
    means: 'same: the link over which its packets arrive; other: another link',
    side: 'link',
    kind: 'choice',
    values: ['same', 'other'],
    default: 'same',
    compose: 'absent',
    fault: true,
  },
  rp_filter: {
    about:
      "reverse path filter of the gateway's links, as `net.ipv4.conf.all.rp_filter`; with `way_back=other`",
    means: '0: none, 1: strict (the way back must be the link of arrival), 2: loose (any way back is enough)',
    side: 'link',
    kind: 'whole',
    min: 0,
    max: 2,
    default: 0,
    compose: 'absent',
    fault: true,
  },
  stop_ms: {
    about: 'the gateway is stopped (SIGSTOP) until this long after the start of the last user, ms; 0: never',
    side: 'load',
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
    fault: true,
  },
  waiting: {
    about: 'connections already in the accept queue when the load begins; needs stop_ms',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: 1_000_000,
    default: 0,
  },
  // A stack's one gateway is where the lab looks from; `--scale robots=N` gives it sources.
  gateways: {
    about:
      'gateways that share the users, each with an address, descriptors and a queue of its own; users go to them by number',
    side: 'load',
    kind: 'whole',
    min: 1,
    max: MOST_GATEWAYS,
    default: 1,
    compose: 'absent',
  },
  sources: {
    about: 'addresses that the robots come from, each with local ports of its own',
    side: 'load',
    kind: 'whole',
    min: 1,
    max: MOST_SOURCES,
    unset: 'as many as the users need',
    compose: 'absent',
  },
  users: {
    about: 'robots in the fleet',
    side: 'load',
    parts: DRIVERS,
    kind: 'whole',
    min: 1,
    max: 1_000_000,
    default: 4500,
  },
  ramp: {
    about: 'over how long the users arrive; 0: all at once',
    side: 'load',
    parts: DRIVERS,
    kind: 'duration',
    max: LONGEST_TIMER_MS,
    allowed: '0, or a time such as 500ms, 10s, 2m, at most 24 days',
    default: '0',
    robots: RAMP,
    k6: RAMP,
  },
  betting: {
    about:
      'when users bet; herd: all at the moment betting opens; paced: each after a seeded delay of 0–3 s; racing: as herd, with two writers on each connection',
    side: 'load',
    parts: DRIVERS,
    kind: 'choice',
    values: ['herd', 'paced', 'racing'],
    default: 'herd',
    // k6 has one writer a connection: no two can race.
    k6: { values: ['herd', 'paced'] },
  },
  rounds: {
    about: 'betting rounds after everybody has arrived',
    side: 'load',
    parts: DRIVERS,
    kind: 'whole',
    min: 0,
    max: 10_000,
    default: 1,
  },
  seed: {
    about: 'seed of everything random',
    side: 'load',
    parts: DRIVERS,
    kind: 'whole',
    min: 0,
    max: 2 ** 32 - 1,
    default: 1,
  },
  connect_timeout_ms: {
    about: 'a robot that is not open after this long gives up, ms',
    side: 'load',
    parts: DRIVERS,
    kind: 'whole',
    min: 10,
    max: TEN_MINUTES_MS,
    default: 12_000,
    robots: ANY_TIME,
    k6: ANY_TIME,
  },
  kind: {
    about: 'protocol of the users; http and tcp have no rounds',
    side: 'load',
    parts: ['robots'],
    kind: 'choice',
    values: ['ws', 'http', 'tcp'],
    default: 'ws',
  },
  requests: {
    about: 'kind http: requests of each user, one after another on its connection',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 1,
    max: 1_000_000,
    default: 1,
  },
  request_gap_ms: {
    about: 'kind http: pause between an answer and the next request, ms',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 1000,
  },
  upgrade_delay_ms: {
    about: 'pause between the TCP handshake and the request for the upgrade, ms',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
  },
  bet_bytes: {
    about: 'each bet is padded to this many bytes',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: 10_485_760,
    default: 0,
  },
  read_pause_ms: {
    about: 'a user reads nothing for this long after it opened, ms',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
  },
  stay_ms: {
    about: 'a user leaves in order this long after it opened, ms; 0: it stays to the end',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
  },
  leave_unread: {
    about:
      'whether a user reads nothing once it is open, and leaves by close(2), whatever it has not read; needs stay_ms',
    means: '0: no, 1: yes',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: 1,
    default: 0,
    fault: true,
  },
  reconnect: {
    about:
      'whether a user whose connection ended comes back: not at all, at once, or after a seeded delay that grows',
    side: 'load',
    parts: ['robots'],
    kind: 'choice',
    values: ['off', 'immediate', 'jittered'],
    default: 'off',
  },
  reconnect_ms: {
    about: 'reconnect jittered: upper bound of the first delay, ms; it doubles with each attempt',
    side: 'load',
    parts: ['robots'],
    kind: 'whole',
    min: 1,
    max: TEN_MINUTES_MS,
    default: 3000,
  },
  via: {
    about:
      'how users reach the gateway: directly, or through a port that docker publishes on 127.0.0.1 (docker only)',
    side: 'load',
    kind: 'choice',
    values: ['direct', 'published'],
    default: 'direct',
  },
  proxy_nofile: {
    about:
      "RLIMIT_NOFILE of docker's proxy of the published port; needs via=published, and root beside the engine",
    side: 'load',
    kind: 'whole',
    min: 64,
    max: HIGHEST_NOFILE,
    unset: "as the engine's",
    // The stack publishes no port.
    compose: 'absent',
  },
  hold_ms: {
    about: 'how much longer users stay at the end, ms',
    side: 'load',
    parts: DRIVERS,
    kind: 'whole',
    min: 0,
    max: DAY_MS,
    default: 0,
    robots: ANY_WAIT,
    k6: ANY_WAIT,
  },

  host: {
    about: 'where the gateway listens',
    parts: ['gateway'],
    kind: 'text',
    pattern: /^[\w.:-]+$/,
    allowed: 'an address or a host name',
    default: '127.0.0.1',
  },
  sample_ms: {
    about: 'how often the gateway writes a sample, ms',
    parts: ['gateway'],
    kind: 'whole',
    min: 10,
    max: LONGEST_TIMER_MS,
    default: 200,
  },
  lifeline: {
    about: 'stdin: the part ends when its stdin is closed',
    parts: ['gateway', 'robots'],
    kind: 'choice',
    values: ['', 'stdin'],
    default: '',
    gateway: { allowed: "'stdin' or nothing" },
  },
  max_lifetime_s: {
    about: 'the part ends after this many seconds, whatever it does; 0: never',
    parts: ['gateway', 'robots'],
    kind: 'whole',
    min: 0,
    max: Math.floor(LONGEST_TIMER_MS / 1000),
    default: 0,
  },
  target_host: {
    about: 'where the users connect to',
    parts: DRIVERS,
    kind: 'text',
    pattern: /^[\w.:-]+(%[\w.-]+)?$/,
    allowed: 'an address or a host name',
    default: '127.0.0.1',
  },
  target_port: {
    about: 'where the users connect to',
    parts: DRIVERS,
    kind: 'whole',
    min: 1,
    max: 65_535,
    default: 8080,
  },
  target_path: {
    about: 'path of the requests of ws and http; by default that of our gateway',
    parts: ['robots'],
    kind: 'text',
    pattern: /^\/[\x21-\x7e]*$/,
    allowed: 'a path in ASCII without spaces, beginning with /',
  },
  target_options: {
    about: 'how the users speak, beyond kind and path: TLS, headers, subprotocols, the first message',
    parts: ['robots'],
    kind: 'target',
    allowed: 'an object of protocol/target-options.ts, in JSON',
    default: '',
  },
  round_wait_ms: {
    about: 'how long after its due end a round may last before the users go on without it, ms',
    parts: DRIVERS,
    kind: 'whole',
    min: 1,
    max: LONGEST_TIMER_MS,
    default: 15_000,
  },
  shards: {
    about: 'processes of the fleet; 0: as many as it needs',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: 64,
    default: 0,
  },
  nice: {
    about: 'how far the fleet stands back behind other processes that want a processor (nice(2))',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: 19,
    default: 0,
  },
  on_the_way: {
    about: 'users of a ramp who may be neither open nor failed before the next one comes; 0: any number',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: MANY_USERS,
    default: 0,
  },
  source_addresses: {
    about: 'addresses that the users connect from',
    parts: ['robots'],
    kind: 'addresses',
    allowed: 'IP addresses of this machine, separated by commas',
    default: '',
  },
  progress_ms: {
    about: 'how often the fleet writes its progress, ms',
    parts: ['robots'],
    kind: 'whole',
    min: 10,
    max: LONGEST_TIMER_MS,
    default: 200,
  },
  user_id_base: {
    about: 'id of the first user',
    parts: ['robots'],
    kind: 'whole',
    min: 0,
    max: LONGEST_TIMER_MS,
    default: 0,
  },
  peer_addresses: {
    about:
      'set by the lab where users come from several addresses, and two may have one port: 1: close lines tell the address as well',
    parts: ['gateway'],
    kind: 'whole',
    min: 0,
    max: 1,
    default: 0,
  },
  coordinated: {
    about:
      'set by a fleet for its own shards, and by the lab for several fleets: each phase waits for its name as a line on stdin',
    parts: ['robots'],
    kind: 'choice',
    values: ['', 'stdin'],
    default: '',
  },
  users_per_vu: {
    about: 'users whose sockets share a VU and its event loop; 0: all in one',
    parts: ['k6'],
    kind: 'whole',
    min: 0,
    max: 1_000_000,
    default: 0,
  },
  settle_ms: {
    about:
      'with more than one VU: this long after the ramp all users count as arrived, ms; by default connect_timeout_ms',
    parts: ['k6'],
    kind: 'whole',
    min: 0,
    max: LONGEST_TIMER_MS,
  },
  lines: {
    about: 'json: one line about each user and how it fared, for the lab',
    parts: ['k6'],
    kind: 'choice',
    values: ['', 'json'],
    default: '',
  },
} as const satisfies Record<string, Setting>;

const ENTRIES = Object.values<Setting>(SETTINGS);

/** Came with Linux 6.5. */
const LINEAR_TIMEOUTS = 'net.ipv4.tcp_syn_linear_timeouts';

/** Full kernel names of the sysctls that are read back beside a server: those above, and two that matter for connects and are never set. */
export const SYSCTLS: readonly string[] = [
  ...ENTRIES.flatMap(({ sysctl }) => sysctl ?? []),
  LINEAR_TIMEOUTS,
  'net.ipv4.tcp_max_tw_buckets',
];

/** Those of them that matter on the client's side and are one number each: the robots read them back. */
export const CONNECT_SYSCTLS: readonly string[] = [
  ...ENTRIES.flatMap(({ kind, namespace, sysctl }) =>
    kind === 'whole' && namespace === 'robots' ? (sysctl ?? []) : [],
  ),
  LINEAR_TIMEOUTS,
];

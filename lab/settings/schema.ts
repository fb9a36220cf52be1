import { z } from 'zod';

/**
 * Which part a setting belongs to: a sysctl of the gateway's network namespace, a limit of the gateway's or of the
 * robots' process, the link between the two, an option of the gateway, or the load.
 */
export type Side = 'sysctl' | 'process' | 'fleet' | 'link' | 'gateway' | 'load';

/** What is known about a setting besides its type. */
export interface About {
  side: Side;
  about: string;
  /** What is allowed, as it stands in an error line. */
  allowed: string;
  /** Full kernel name of a sysctl. */
  sysctl?: string;
}

function whole(min: number, max: number, about: Omit<About, 'allowed'>) {
  return z.coerce
    .number()
    .int()
    .min(min)
    .max(max)
    .meta({ ...about, allowed: `a whole number from ${min} to ${max}` });
}

const gateway = (min: number, max: number, about: string) => whole(min, max, { side: 'gateway', about });

function sysctl(name: string, min: number, max: number, about: string) {
  return whole(min, max, { side: 'sysctl', sysctl: name, about });
}

const DAY_MS = 86_400_000;

/** Below this Node cannot start, listen and serve one user: 23 descriptors of its own, the listener, the user. */
export const NODE_NEEDS_NOFILE = 25;

/** Every setting, in the order in which they are listed. Those without a default are left as the kernel has them. */
export const settingsSchema = z.object({
  nofile: whole(NODE_NEEDS_NOFILE, 1_073_741_816, {
    side: 'process',
    about: "RLIMIT_NOFILE of the gateway, soft = hard: bounds the number of a process's descriptors",
  }).default(4096),
  backlog: gateway(
    1,
    65_535,
    'what the gateway passes to listen(2); the kernel takes min(backlog, somaxconn)',
  ).default(511),
  somaxconn: sysctl('net.core.somaxconn', 1, 65_535, 'upper bound of every accept queue').default(4096),
  tcp_max_syn_backlog: sysctl(
    'net.ipv4.tcp_max_syn_backlog',
    1,
    1_048_576,
    'SYN queue bound where cookies are off',
  ).optional(),
  tcp_abort_on_overflow: sysctl(
    'net.ipv4.tcp_abort_on_overflow',
    0,
    1,
    'answer an overflowing handshake with RST',
  ).optional(),
  tcp_syncookies: sysctl(
    'net.ipv4.tcp_syncookies',
    0,
    2,
    'answer with cookies when the SYN queue is full',
  ).optional(),
  tcp_synack_retries: sysctl(
    'net.ipv4.tcp_synack_retries',
    0,
    255,
    'how often a SYN-ACK is sent again',
  ).optional(),
  tcp_syn_retries: sysctl(
    'net.ipv4.tcp_syn_retries',
    1,
    127,
    'how often a client sends its SYN again',
  ).optional(),
  tcp_fin_timeout: sysctl('net.ipv4.tcp_fin_timeout', 1, 3600, 'seconds in FIN_WAIT_2').optional(),
  tcp_tw_reuse: sysctl('net.ipv4.tcp_tw_reuse', 0, 2, 'reuse TIME_WAIT ports for new connections').optional(),
  ip_local_port_range: z
    .string()
    .trim()
    .regex(/^\d{1,5}[\s-]+\d{1,5}$/)
    .transform((text) => text.split(/[\s-]+/).map(Number) as [number, number])
    .refine(([first, last]) => first >= 1024 && last <= 65_535 && first <= last)
    .meta({
      side: 'sysctl',
      sysctl: 'net.ipv4.ip_local_port_range',
      about: 'ports that the robots may connect from',
      allowed: 'two ports, first and last, from 1024 to 65535, e.g. 40000-40999',
    })
    .optional(),
  robots_nofile: whole(64, 1_073_741_816, {
    side: 'fleet',
    about: 'RLIMIT_NOFILE of a robots process; given, the fleet stays in one process',
  }).optional(),
  port: gateway(1, 65_535, 'port of the gateway').default(8080),
  round_ms: gateway(100, DAY_MS, 'how long betting is open, ms').default(4000),
  pause_ms: gateway(0, DAY_MS, 'from a result to the next betting-open, ms').default(1000),
  handshake_timeout_ms: gateway(0, DAY_MS, 'from accept to the end of the upgrade, ms').default(30_000),
  idle_timeout_ms: gateway(0, DAY_MS, 'a user silent for so long is closed, ms; 0: never').default(0),
  heartbeat_ms: gateway(0, DAY_MS, 'ping interval; no pong until the next one: terminated; 0: off').default(
    30_000,
  ),
  max_payload: gateway(128, 104_857_600, 'largest message taken, bytes').default(65_536),
  max_connections: gateway(0, 10_000_000, 'connections beyond are dropped; 0: no cap').default(0),
  max_buffered: gateway(1024, 1_073_741_824, 'bytes unsent to one user before it is dropped').default(
    1_048_576,
  ),
  bet_cost_ms: gateway(0, 10_000, 'work per bet, on the event loop, ms').default(0),
  handshake_cost_ms: gateway(0, 10_000, 'work per upgrade, on the event loop, ms').default(0),
  stall_at_users: gateway(0, 10_000_000, 'block the event loop once, at so many open; 0: never').default(0),
  stall_ms: gateway(0, 600_000, 'for how long, ms').default(0),
  crash_at_users: gateway(0, 10_000_000, 'die of an unhandled error at so many open; 0: never').default(0),
  deadline_ms: gateway(0, DAY_MS, 'every socket is cut at this age, ms; 0: never').default(0),
  heartbeat_misses: gateway(
    1,
    100,
    'pings in a row that a user may leave unanswered before it is terminated',
  ).default(1),
  keep_alive_ms: gateway(
    0,
    DAY_MS,
    'HTTP: a connection without a request for so long is closed, ms; 0: after each answer',
  ).default(0),
  cap_silent: gateway(
    0,
    1,
    'connections over max_connections are cut without an answer and without a line',
  ).default(0),
  close_unread_ms: gateway(
    0,
    DAY_MS,
    'so long after it opened a user is closed, and nothing it sends until then is read, ms; 0: never',
  ).default(0),
  user_kb: gateway(0, 1_048_576, 'memory kept for each open user, KiB').default(0),
  broadcast_kb: gateway(0, 65_536, 'padding of the message that opens a round, KiB').default(0),
  restart_at_users: gateway(
    0,
    10_000_000,
    'end every connection and listen anew, once, at so many open; 0: never',
  ).default(0),
  restart_ms: gateway(0, 600_000, 'for how long it does not listen then, ms').default(500),
  restart_drain_ms: gateway(
    0,
    600_000,
    'over how long users are told to leave before that (close code 1012), ms; 0: all are cut at once',
  ).default(0),
  cpus: z
    .string()
    .trim()
    .regex(/^\d{1,4}(\.\d{1,3})?$/)
    .transform(Number)
    .refine((cpus) => cpus === 0 || cpus >= 0.01)
    .meta({
      side: 'process',
      about: 'CPU quota of the gateway, in CPUs; 0: none',
      allowed: '0, or CPUs from 0.01, e.g. 0.5',
    })
    .default(0),
  memory_mb: whole(0, 1_048_576, {
    side: 'process',
    about: 'memory limit of the gateway, MiB; 0: none',
  }).default(0),
  link_delay_ms: whole(0, 10_000, {
    side: 'link',
    about: 'delay of the link between gateway and robots, ms; 0: none',
  }).default(0),
  stop_ms: whole(0, DAY_MS, {
    side: 'load',
    about: 'the gateway is stopped (SIGSTOP) until so long after the last user has started, ms; 0: never',
  }).default(0),
  waiting: whole(0, 1_000_000, {
    side: 'load',
    about: 'connections already in the accept queue when the load begins; needs stop_ms',
  }).default(0),
  users: whole(1, 1_000_000, { side: 'load', about: 'robots in the fleet' }).default(4500),
  ramp: z
    .string()
    .trim()
    .regex(/^(0|\d+(\.\d+)?(ms|s|m))$/)
    .meta({
      side: 'load',
      about: 'over how long the users arrive; 0: all at once',
      allowed: '0, or a time such as 500ms, 10s, 2m',
    })
    .default('0'),
  betting: z
    .enum(['herd', 'paced', 'racing'])
    .meta({
      side: 'load',
      about:
        'herd: all bet the moment betting opens; paced: each after a seeded delay of 0–3 s; racing: as herd, with two writers on one connection',
      allowed: 'herd, paced or racing',
    })
    .default('herd'),
  rounds: whole(0, 10_000, { side: 'load', about: 'betting rounds after everybody has arrived' }).default(1),
  seed: whole(0, 4_294_967_295, { side: 'load', about: 'seed of everything random' }).default(1),
  connect_timeout_ms: whole(10, 600_000, {
    side: 'load',
    about: 'a robot gives up connecting after, ms',
  }).default(12_000),
  kind: z
    .enum(['ws', 'http', 'tcp'])
    .meta({
      side: 'load',
      about: 'what the users speak; http and tcp have no rounds',
      allowed: 'ws, http or tcp',
    })
    .default('ws'),
  requests: whole(1, 1_000_000, {
    side: 'load',
    about: 'kind http: requests of a user, one after another on its connection',
  }).default(1),
  request_gap_ms: whole(0, DAY_MS, {
    side: 'load',
    about: 'kind http: from an answer to the next request, ms',
  }).default(1000),
  upgrade_delay_ms: whole(0, DAY_MS, {
    side: 'load',
    about: 'from the TCP handshake to the request for the upgrade, ms',
  }).default(0),
  bet_bytes: whole(0, 10_485_760, { side: 'load', about: 'a bet is padded to so many bytes' }).default(0),
  read_pause_ms: whole(0, DAY_MS, {
    side: 'load',
    about: 'once open, a user reads nothing for so long, ms',
  }).default(0),
  stay_ms: whole(0, DAY_MS, {
    side: 'load',
    about: 'so long after it opened a user leaves in order, ms; 0: it stays to the end',
  }).default(0),
  reconnect: z
    .enum(['off', 'immediate', 'jittered'])
    .meta({
      side: 'load',
      about: 'whether a user whose connection ended comes back: at once, or after a seeded delay that grows',
      allowed: 'off, immediate or jittered',
    })
    .default('off'),
  reconnect_ms: whole(1, 600_000, {
    side: 'load',
    about: 'reconnect jittered: the first delay is up to so long, ms, and doubles with each attempt',
  }).default(3000),
  via: z
    .enum(['direct', 'published'])
    .meta({
      side: 'load',
      about:
        'how the users come: on the network of the gateway, or through a port that docker publishes on 127.0.0.1 (docker only)',
      allowed: 'direct or published',
    })
    .default('direct'),
  proxy_nofile: whole(64, 1_073_741_816, {
    side: 'load',
    about:
      "RLIMIT_NOFILE of docker's proxy of the published port; needs via=published, and root beside the engine",
  }).optional(),
  hold_ms: whole(0, DAY_MS, { side: 'load', about: 'users stay so much longer, ms' }).default(0),
});

/** Settings as asked for, all checked. */
export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;

/** Some settings, as they are given. */
export type Overrides = Partial<Record<SettingName, string | number>>;

/** All names, in order. */
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** Side, description and allowed values of a setting. */
export function aboutSetting(name: SettingName): About {
  let type = settingsSchema.shape[name] as z.ZodType;
  while (type instanceof z.ZodDefault || type instanceof z.ZodOptional) type = type.unwrap() as z.ZodType;
  return type.meta() as unknown as About;
}

/** The names of one side. */
export function settingsOf(side: Side): SettingName[] {
  return SETTING_NAMES.filter((name) => aboutSetting(name).side === side);
}

import { z } from 'zod';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function whole(min: number, max: number, preset: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, allowed)
    .transform(Number)
    .pipe(z.number().min(min, allowed).max(max, allowed))
    .default(preset);
}

const count = () => whole(0, 10_000_000, 0);
const time = (preset: number, min = 0) => whole(min, LONGEST_TIMER_MS, preset);

function cost() {
  const allowed = 'milliseconds from 0 to 60000, decimals allowed';
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, allowed)
    .transform(Number)
    .pipe(z.number().max(60_000, allowed))
    .default(0);
}

const schema = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'an address or a host name')
    .default('127.0.0.1'),
  PORT: whole(0, 65_535, 8080),
  BACKLOG: whole(1, LONGEST_TIMER_MS, 511),
  ROUND_MS: time(4000, 1),
  PAUSE_MS: time(1000),
  HANDSHAKE_TIMEOUT_MS: time(30_000),
  IDLE_TIMEOUT_MS: time(0),
  HEARTBEAT_MS: time(30_000),
  MAX_PAYLOAD: whole(1, 2 ** 30, 65_536),
  MAX_CONNECTIONS: count(),
  MAX_BUFFERED: whole(1, 2 ** 30, 2 ** 20),
  BET_COST_MS: cost(),
  HANDSHAKE_COST_MS: cost(),
  SAMPLE_MS: time(200, 10),
  LIFELINE: z.enum(['', 'stdin'], "'stdin' or nothing").default(''),
  MAX_LIFETIME_S: whole(0, Math.floor(LONGEST_TIMER_MS / 1000), 0),
  CRASH_AT_USERS: count(),
  STALL_AT_USERS: count(),
  STALL_MS: time(0),
  DEADLINE_MS: time(0),
  HEARTBEAT_MISSES: whole(1, 100, 1),
  KEEP_ALIVE_MS: time(0),
  CAP_SILENT: whole(0, 1, 0),
  CLOSE_UNREAD_MS: time(0),
  USER_KB: count(),
  BROADCAST_KB: whole(0, 65_536, 0),
  RESTART_AT_USERS: count(),
  RESTART_MS: time(500),
  RESTART_DRAIN_MS: time(0),
});

/** Every knob of the gateway, by the name of its environment variable. Times in ms unless the name ends in _S. */
export type Settings = z.infer<typeof schema>;

/** A setting that is not allowed; the message is one line: name, value, what is allowed. */
export class SettingsError extends Error {}

/**
 * Reads the settings from an environment. A variable that is set but empty counts as not set, since compose files
 * pass `NAME=` for what nobody chose.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const asked = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const parsed = schema.safeParse(asked);
  if (parsed.success) return parsed.data;
  const faults = new Map(parsed.error.issues.map(({ path: [name], message }) => [String(name), message]));
  throw new SettingsError(
    [...faults]
      .map(([name, allowed]) => `${name}=${JSON.stringify(env[name])} is not allowed: ${allowed}`)
      .join('; '),
  );
}

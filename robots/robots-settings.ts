import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { PATH } from '../protocol/betting.ts';
import { BETTING } from './betting-mode.ts';

/** What the users speak; see kinds/. */
export const KINDS = ['ws', 'http', 'tcp'] as const;

/** Whether a user whose connection ended comes back. */
export const RECONNECT = ['off', 'immediate', 'jittered'] as const;

/** The longest that a timer of Node's can wait, in ms. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
const UNITS = { ms: 1, s: 1000, m: 60_000 };

/** A setting that is not allowed; the message is one line: name, value, what is allowed. */
export class SettingsError extends Error {}

type Reader<T> = { preset: T; allowed: string; read: (text: string) => T | undefined };

function whole(preset: number, min: number, max: number): Reader<number> {
  const read = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
  return {
    preset,
    allowed: `a whole number from ${min} to ${max}`,
    read: (text) => within(read(text), min, max),
  };
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value === undefined || value < min || value > max ? undefined : value;
}

function oneOf<T extends string>(preset: T, values: readonly T[]): Reader<T> {
  const allowed = values.map((value) => value || 'nothing').join(' or ');
  return { preset, allowed, read: (text) => values.find((value) => value === text) };
}

const duration: Reader<number> = {
  preset: 0,
  allowed: '0 (all at once) or a duration like 500ms, 10s or 1m, at most 24 days',
  read(text) {
    if (text === '0') return 0;
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
    if (amount === undefined) return undefined;
    return within(Number(amount) * UNITS[unit as keyof typeof UNITS], 0, LONGEST_TIMER_MS);
  },
};

const addresses: Reader<string[]> = {
  preset: [],
  allowed: 'IP addresses of this machine, separated by commas',
  read(text) {
    const list = text.split(',').map((address) => address.trim());
    return list.every(isIP) ? list : undefined;
  },
};

const host: Reader<string> = {
  preset: '127.0.0.1',
  allowed: 'an address or a host name',
  read: (text) => (/^[\w.:-]+$/.test(text) ? text : undefined),
};

const path: Reader<string> = {
  preset: PATH,
  allowed: 'a path in ASCII without spaces, beginning with /',
  read: (text) => (/^\/[\x21-\x7e]*$/.test(text) ? text : undefined),
};

const folder: Reader<string> = {
  preset: '',
  allowed: 'a folder that exists',
  read: (text) => (statSync(text, { throwIfNoEntry: false })?.isDirectory() ? text : undefined),
};

const time = (preset: number, min = 0) => whole(preset, min, LONGEST_TIMER_MS);

const READERS = {
  TARGET_HOST: host,
  TARGET_PORT: whole(8080, 1, 65_535),
  /** http and tcp have no rounds. */
  KIND: oneOf('ws', KINDS),
  /** What ws and http ask for. */
  TARGET_PATH: path,
  USERS: whole(4500, 1, 1_000_000),
  RAMP: duration,
  /** Silent connections made before the load, that fill the accept queue of a server that does not accept. */
  WAITING: whole(0, 0, 1_000_000),
  BETTING: oneOf('herd', BETTING),
  ROUNDS: whole(1, 0, 1_000_000),
  /** How long a round may go on after its close was due, ms, before the fleet goes on without it. */
  ROUND_WAIT_MS: time(15_000, 1),
  SEED: whole(1, 0, 2 ** 32 - 1),
  CONNECT_TIMEOUT_MS: time(12_000, 1),
  HOLD_MS: time(0),
  /** KIND=http: requests of a user on its one connection, and the pause from an answer to the next. */
  REQUESTS: whole(1, 1, 1_000_000),
  REQUEST_GAP_MS: time(1000),
  UPGRADE_DELAY_MS: time(0),
  BET_BYTES: whole(0, 0, 10_485_760),
  READ_PAUSE_MS: time(0),
  STAY_MS: time(0),
  RECONNECT: oneOf('off', RECONNECT),
  RECONNECT_MS: time(3000, 1),
  SHARDS: whole(0, 0, 64),
  SOURCE_ADDRESSES: addresses,
  LIFELINE: oneOf('', ['', 'stdin']),
  PROGRESS_MS: time(200, 10),
  USER_ID_BASE: whole(0, 0, 2 ** 31 - 1),
  /** Take orders from this folder, one fleet after another, instead of running one. */
  ORDERS_DIR: folder,
  /** Interrupt whatever runs after so many seconds; 0: never. */
  MAX_LIFETIME_S: whole(0, 0, Math.floor(LONGEST_TIMER_MS / 1000)),
  /** Set by the fleet for its own shards: each phase waits for its name as a line on stdin. */
  COORDINATED: oneOf('', ['', 'stdin']),
};

/** What a fleet is asked to do. Times in ms. */
export type Settings = { [K in keyof typeof READERS]: (typeof READERS)[K]['preset'] };

/**
 * Reads the settings from an environment. A variable that is set but empty counts as not set, since compose files
 * pass `NAME=` for what nobody chose.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const faults: string[] = [];
  const entries = Object.entries<Reader<unknown>>(READERS).map(([name, { preset, allowed, read }]) => {
    const text = env[name];
    if (!text) return [name, preset];
    const value = read(text);
    if (value === undefined) faults.push(`${name}=${JSON.stringify(text)} is not allowed: ${allowed}`);
    return [name, value];
  });
  const settings: Settings = Object.fromEntries(entries);
  if (settings.KIND !== 'ws') {
    if (env.ROUNDS && settings.ROUNDS > 0)
      faults.push(
        `ROUNDS="${settings.ROUNDS}" is not allowed: 0 with KIND=${settings.KIND}, which has no rounds`,
      );
    settings.ROUNDS = 0;
  }
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return settings;
}

/** The environment that gives these settings again. */
export function toEnvironment(settings: Settings): Record<string, string> {
  const env = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return { ...Object.fromEntries(env), RAMP: settings.RAMP === 0 ? '0' : `${settings.RAMP}ms` };
}

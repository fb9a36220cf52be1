/** k6 has one writer a connection: no two can race. */
const BETTING = ['herd', 'paced'] as const;

/** What the scripts read from k6's environment, by the names that the robots use. Times in ms. */
export interface K6Settings {
  TARGET_HOST: string;
  TARGET_PORT: number;
  USERS: number;
  RAMP: number;
  BETTING: (typeof BETTING)[number];
  ROUNDS: number;
  SEED: number;
  CONNECT_TIMEOUT_MS: number;
  HOLD_MS: number;
  /** How long a round may go on after its close was due before the users go on without it. */
  ROUND_WAIT_MS: number;
  /** Users whose sockets share a VU and its event loop; 0: all in one. */
  USERS_PER_VU: number;
  /** With more than one VU: so long after the ramp everybody counts as there, since a VU knows nothing of the others. */
  SETTLE_MS: number;
  /** `json`: one line for what becomes of each user, for the lab. */
  LINES: '' | 'json';
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000 };

/**
 * Reads the settings; a variable that is empty counts as not set. `presets` are a script's own.
 * @throws {Error} naming every value that is not allowed.
 */
export function readSettings(
  env: Record<string, string | undefined>,
  presets: Partial<Record<keyof K6Settings, string>> = {},
): K6Settings {
  const faults: string[] = [];
  const text = (name: keyof K6Settings, preset: string) => env[name] || (presets[name] ?? preset);
  const refuse = (name: string, value: string, allowed: string) => {
    faults.push(`${name}="${value}" is not allowed: ${allowed}`);
  };
  const whole = (name: keyof K6Settings, preset: number, min: number, max: number) => {
    const value = text(name, String(preset));
    const number = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    if (number < min || number > max) refuse(name, value, `a whole number from ${min} to ${max}`);
    return number;
  };
  const oneOf = <T extends string>(name: keyof K6Settings, values: readonly [T, ...T[]]): T => {
    const value = text(name, values[0]);
    const found = values.find((one) => one === value);
    if (found === undefined) refuse(name, value, values.map((one) => one || 'nothing').join(' or '));
    return found ?? values[0];
  };
  const ramp = (value: string) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(value) ?? [];
    if (value === '0') return 0;
    if (amount === undefined) refuse('RAMP', value, '0 (all at once) or a duration like 500ms, 10s or 1m');
    return Number(amount) * (UNITS[unit ?? 'ms'] ?? 1);
  };
  const host = text('TARGET_HOST', '127.0.0.1');
  if (!/^[\w.:-]+$/.test(host)) refuse('TARGET_HOST', host, 'an address or a host name');
  const CONNECT_TIMEOUT_MS = whole('CONNECT_TIMEOUT_MS', 12_000, 1, LONGEST_MS);
  const settings: K6Settings = {
    TARGET_HOST: host,
    TARGET_PORT: whole('TARGET_PORT', 8080, 1, 65_535),
    USERS: whole('USERS', 4500, 1, 1_000_000),
    RAMP: ramp(text('RAMP', '0')),
    BETTING: oneOf('BETTING', BETTING),
    ROUNDS: whole('ROUNDS', 1, 0, 1_000_000),
    SEED: whole('SEED', 1, 0, 2 ** 32 - 1),
    CONNECT_TIMEOUT_MS,
    HOLD_MS: whole('HOLD_MS', 0, 0, LONGEST_MS),
    ROUND_WAIT_MS: whole('ROUND_WAIT_MS', 15_000, 1, LONGEST_MS),
    USERS_PER_VU: whole('USERS_PER_VU', 0, 0, 1_000_000),
    SETTLE_MS: whole('SETTLE_MS', CONNECT_TIMEOUT_MS, 0, LONGEST_MS),
    LINES: oneOf('LINES', ['', 'json']),
  };
  if (faults.length > 0) throw new Error(faults.join('; '));
  return settings;
}

const LONGEST_MS = 2 ** 31 - 1;

/** How many VUs it takes, and how many users each has; the last one may have fewer. */
export function sharesOf({ USERS, USERS_PER_VU }: K6Settings): { vus: number; each: number } {
  const each = USERS_PER_VU === 0 ? USERS : Math.min(USERS_PER_VU, USERS);
  return { vus: Math.ceil(USERS / each), each };
}

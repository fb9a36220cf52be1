import { type PartSettings, readPart } from '../../protocol/read-settings.ts';

/** What the scripts read from k6's environment, by the names that the robots use. Times in ms. */
export type K6Settings = PartSettings<'k6'> & { SETTLE_MS: number };

/**
 * Reads the settings. `presets` are a script's own.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readSettings(
  env: Record<string, string | undefined>,
  presets: Partial<Record<keyof K6Settings, string>> = {},
): K6Settings {
  const settings = readPart('k6', env, presets);
  // A VU knows nothing of the others, and nobody who is there comes later than that.
  return { ...settings, SETTLE_MS: settings.SETTLE_MS ?? settings.CONNECT_TIMEOUT_MS };
}

/** How many VUs it takes, and how many users each has; the last one may have fewer. */
export function sharesOf({ USERS, USERS_PER_VU }: K6Settings): { vus: number; each: number } {
  const each = USERS_PER_VU === 0 ? USERS : Math.min(USERS_PER_VU, USERS);
  return { vus: Math.ceil(USERS / each), each };
}

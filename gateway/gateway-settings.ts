import { type PartSettings, readPart } from '../protocol/read-settings.ts';

export { SettingsError } from '../protocol/read-settings.ts';

/** Every knob of the gateway, by the name of its environment variable. Times in ms unless the name ends in _S. */
export type Settings = PartSettings<'gateway'>;

/**
 * Reads the settings from an environment.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return readPart('gateway', env);
}

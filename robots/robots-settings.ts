import { isIP } from 'node:net';
import { PATH } from '../protocol/betting.ts';
import { type PartSettings, readPart, SettingsError } from '../protocol/read-settings.ts';
import { optionsText, optionsVariables, type TargetOptions } from '../protocol/target-options.ts';

export { SettingsError };

/** What a fleet is asked to do. Times in ms. */
export type Settings = PartSettings<'robots'> & { TARGET_PATH: string };

/** What only robots take. */
const READERS = {
  addresses(text: string) {
    const list = text.split(',').map((address) => address.trim());
    if (text === '') return [];
    return list.every(isIP) ? list : undefined;
  },
  target: (text: string) => (text === '' ? {} : objectIn(text)),
};

/**
 * Reads the settings from an environment.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const whole = { ...env, TARGET_OPTIONS: optionsText(env) };
  const { TARGET_PATH = PATH, ...settings } = readPart('robots', whole, {}, READERS);
  if (settings.KIND !== 'ws') {
    if (env.ROUNDS && settings.ROUNDS > 0)
      throw new SettingsError(
        `ROUNDS="${settings.ROUNDS}" is not allowed: 0 with KIND=${settings.KIND}, which has no rounds`,
      );
    settings.ROUNDS = 0;
  }
  checkOptions(settings);
  return { ...settings, TARGET_PATH };
}

/** What users of a kind cannot say. */
const SILENT_ON: Record<Settings['KIND'], readonly (keyof TargetOptions)[]> = {
  ws: [],
  http: ['send', 'subprotocols'],
  tcp: ['headers', 'subprotocols'],
};

function checkOptions({ KIND, TARGET_OPTIONS }: Pick<Settings, 'KIND' | 'TARGET_OPTIONS'>): void {
  for (const name of SILENT_ON[KIND]) {
    if (TARGET_OPTIONS[name] !== undefined)
      throw new SettingsError(`TARGET_OPTIONS with ${name} is not allowed: KIND=${KIND} has none`);
  }
}

/** The lab writes it, and has checked what is in it. */
function objectIn(text: string): TargetOptions | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** The environment that gives these settings again. */
export function toEnvironment(settings: Settings): Record<string, string> {
  const env = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return {
    ...Object.fromEntries(env),
    RAMP: settings.RAMP === 0 ? '0' : `${settings.RAMP}ms`,
    ...optionsVariables(settings.TARGET_OPTIONS),
  };
}

import { UsageError } from '../../common/errors.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { aboutSetting, SETTING_NAMES, type SettingName, type Settings, settingsSchema } from './schema.ts';

/** A value that somebody gave, and where: every error names the place. */
export interface Given {
  value: string;
  where: string;
}

export type GivenSettings = Partial<Record<SettingName, Given>>;

/** Settings with their origin. `explicit` has those that a person gave, not those of defaults and scenarios. */
export interface ResolvedSettings {
  values: Settings;
  explicit: ReadonlySet<SettingName>;
  where: Partial<Record<SettingName, string>>;
}

/** Reads `--set name=value` items. Throws UsageError for anything else. */
export function fromFlags(items: readonly string[]): GivenSettings {
  const given: GivenSettings = {};
  for (const item of items) {
    const at = item.indexOf('=');
    if (at < 1) throw new UsageError(`--set ${item}: expected name=value, e.g. --set nofile=4096`);
    given[settingName(item.slice(0, at), '--set')] = { value: item.slice(at + 1), where: '--set' };
  }
  return given;
}

/** Reads the upper-case names from an environment; empty values count as not given. */
export function fromEnvironment(env: NodeJS.ProcessEnv, where = 'the environment'): GivenSettings {
  const given: GivenSettings = {};
  for (const name of SETTING_NAMES) {
    const value = env[name.toUpperCase()];
    if (value !== undefined && value !== '') given[name] = { value, where };
  }
  return given;
}

/** The setting of that name, in either case. Throws UsageError with the nearest names for an unknown one. */
export function settingName(text: string, where: string): SettingName {
  const name = text.trim().toLowerCase();
  if ((SETTING_NAMES as string[]).includes(name)) return name as SettingName;
  const near = SETTING_NAMES.filter((other) => other.includes(name) || name.includes(other));
  const allowed = near.length > 0 ? near : SETTING_NAMES;
  throw new UsageError(`${where}: unknown setting "${text}"; allowed: ${allowed.join(', ')}`);
}

/**
 * One set of settings from several sources, the first that names a setting wins; `scenario` gives the defaults of a
 * cause. Throws UsageError for the first bad value: what, where, what is allowed.
 */
export function resolveSettings(
  sources: readonly GivenSettings[],
  scenario: Partial<Record<SettingName, string | number>> = {},
): ResolvedSettings {
  const raw: Record<string, unknown> = { ...scenario };
  const where: Partial<Record<SettingName, string>> = {};
  const explicit = new Set<SettingName>();
  for (const source of sources.toReversed()) {
    for (const [name, given] of Object.entries(source) as [SettingName, Given][]) {
      raw[name] = checkNumberText(name, given);
      where[name] = given.where;
      explicit.add(name);
    }
  }
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) return { values: parsed.data, explicit, where };
  const name = parsed.error.issues[0]?.path[0] as SettingName;
  throw badValue(name, String(raw[name]), where[name] ?? 'the scenario');
}

/** The one line for a bad value. */
export function badValue(name: SettingName, value: string, where: string): UsageError {
  return new UsageError(`${where}: ${name}=${value}: allowed: ${aboutSetting(name).allowed}`);
}

/** Number('') is 0 and Number('0x10') is 16. Nobody means either, so only decimal digits are accepted. */
function checkNumberText(name: SettingName, given: Given): string {
  const text = given.value.trim();
  if (SETTINGS[name].kind === 'whole' && !/^-?\d+$/.test(text))
    throw badValue(name, given.value, given.where);
  return text;
}

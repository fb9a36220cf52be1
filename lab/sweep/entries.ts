import { defined } from '../../common/defined.ts';
import { UsageError } from '../../common/errors.ts';
import { RUNTIME_NAMES } from '../runtimes/runtime.ts';
import { profileNames, readProfile } from '../settings/profiles.ts';
import { parseRange } from '../settings/range.ts';
import { aboutSetting, type SettingName, settingsSchema } from '../settings/schema.ts';
import { badValue, type Given, type GivenSettings, settingName } from '../settings/setting-sources.ts';
import { type Expectation, readExpectation } from './expect.ts';
import { nameOf, shown } from './sweep-schema.ts';
import type { Path, Source } from './yaml-source.ts';

/** One axis of the matrix, its values in their one way of writing. */
export interface Axis {
  name: SettingName;
  values: Given[];
}

/** An entry of `exclude` or `include`: some settings, perhaps a runtime. */
export interface Pattern {
  settings: GivenSettings;
  runtime?: string;
  where: string;
}

/** The axes of the matrix. Throws UsageError for an unknown setting, a bad value or a bad range. */
export function axesOf(source: Source, matrix: Record<string, string[]>): Axis[] {
  return namesAt(source, ['matrix'], Object.keys(matrix)).map(([name, key]) => {
    const path = ['matrix', key];
    const values = new Map<string, Given>();
    for (const [index, text] of (matrix[key] ?? []).entries()) {
      const where = `${source.where([...path, index])}: ${nameOf(path)}`;
      for (const item of parseRange(text, where)) {
        const value = canonical(name, { value: item, where });
        values.set(value, { value, where });
      }
    }
    return { name, values: [...values.values()] };
  });
}

/**
 * A value of a setting in the one way of writing it (`007` → `7`, `40000 40099` → `40000-40099`), so that equal values
 * are equal text. Throws UsageError for a value that the setting does not take.
 */
function canonical(name: SettingName, { value, where }: Given): string {
  const text = value.trim();
  const numeric = aboutSetting(name).allowed.startsWith('a whole number');
  const parsed = settingsSchema.shape[name].safeParse(text);
  if (text === '' || !parsed.success || (numeric && !/^\d+$/.test(text))) throw badValue(name, value, where);
  return Array.isArray(parsed.data) ? parsed.data.join('-') : String(parsed.data);
}

/** The settings of the file's profile. Throws UsageError for a name that is none. */
export function profileAt(source: Source, name: string): GivenSettings {
  const names = profileNames();
  if (names.includes(name)) return readProfile(name).settings;
  throw new UsageError(
    `${source.where(['profile'])}: profile: "${shown(name)}": no such profile; allowed: ${names.join(', ')}`,
  );
}

/** The settings of the map at a path. Throws UsageError for an unknown one, one given twice, and a bad value. */
export function settingsAt(source: Source, path: Path, raw: Record<string, string>): GivenSettings {
  const given: GivenSettings = {};
  for (const [name, key] of namesAt(source, path, Object.keys(raw))) {
    const where = `${source.where([...path, key])}: ${nameOf(path)}`;
    given[name] = { value: canonical(name, { value: raw[key] ?? '', where }), where };
  }
  return given;
}

/** The settings that the keys of a map name, with the key as it was written. */
function namesAt(source: Source, path: Path, keys: readonly string[]): [SettingName, string][] {
  const seen = new Set<SettingName>();
  return keys.map((key) => {
    const where = `${source.whereKey(path, key)}: ${nameOf(path)}`;
    if (key === 'runtime' || key === 'runtimes')
      throw new UsageError(
        `${where}: runtime is no setting; allowed: runtimes: [${RUNTIME_NAMES.join(', ')}] beside base`,
      );
    const name = settingName(key, where);
    if (seen.has(name)) throw new UsageError(`${where}: ${name} stands here twice; allowed is once`);
    seen.add(name);
    return [name, key];
  });
}

/** An entry of `exclude` or `include`. Throws UsageError as `settingsAt` does, and for an unknown runtime. */
export function patternAt(source: Source, path: Path, entry: Record<string, string>): Pattern {
  const { runtime, ...settings } = entry;
  const where = `${source.where(path)}: ${nameOf(path)}`;
  if (runtime !== undefined) checkRuntime(runtime, source.where([...path, 'runtime']), [...path, 'runtime']);
  return {
    settings: settingsAt(source, path, settings),
    ...defined({ runtime }),
    where,
  };
}

/** The file's runtimes, each once. Throws UsageError for an unknown one. */
export function runtimesOf(source: Source, names: readonly string[]): string[] {
  for (const [index, name] of names.entries())
    checkRuntime(name, source.where(['runtimes', index]), ['runtimes']);
  return [...new Set(names)];
}

/** Throws UsageError, with the place, for a name that is no runtime. */
export function checkRuntime(name: string, where: string, path: Path): void {
  const allowed = ['auto', ...RUNTIME_NAMES];
  if (!allowed.includes(name))
    throw new UsageError(
      `${[where, ...(path.length > 0 ? [nameOf(path)] : [])].join(': ')}: "${shown(name)}": allowed: ${allowed.join(', ')}`,
    );
}

/** What the map at a path expects. Throws UsageError for anything that cannot be expected. */
export function expectationsAt(source: Source, path: Path, raw: Record<string, string[]>): Expectation[] {
  return Object.entries(raw).flatMap(([key, values]) =>
    readExpectation(key, values, source.whereKey(path, key)),
  );
}

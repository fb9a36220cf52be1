import { defined } from '../../common/defined.ts';
import { UsageError } from '../../common/errors.ts';
import { shown } from '../../common/shown.ts';
import type { Expectation } from '../expect/expectation.ts';
import { readExpectation } from '../expect/grammar.ts';
import { RUN_NAMES } from '../run/run-measured.ts';
import { RUNTIME_NAMES } from '../runtimes/runtime.ts';
import { profileNames, readProfile } from '../settings/profiles.ts';
import { parseRange } from '../settings/range.ts';
import { aboutSetting, type SettingName, settingsSchema } from '../settings/schema.ts';
import { badValue, type Given, type GivenSettings, settingName } from '../settings/setting-sources.ts';
import { checkShape, nameOf } from './sweep-schema.ts';
import { type Path, readSource, type Source } from './yaml-source.ts';

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

export interface Include extends Pattern {
  expect: Expectation[];
}

/** A sweep's file, all of it checked by itself. */
export interface SweepFile {
  path: string;
  name: string;
  about: string;
  /** Settings of every cell, those of a profile below those of `base`. */
  base: GivenSettings;
  axes: Axis[];
  runtimes: string[];
  exclude: Pattern[];
  include: Include[];
  expect: Expectation[];
  repeat: number;
  maxCells: number;
  /** Where the matrix stands. */
  where: string;
}

/** Reads a sweep's file. Throws UsageError, in one line with line and column, for the first thing wrong in it. */
export function readSweepFile(path: string): SweepFile {
  const source = readSource(path);
  const raw = checkShape(source);
  const { name, about, profile, repeat } = raw;
  return {
    path,
    name,
    about,
    base: {
      ...(profile === undefined ? {} : profileAt(source, profile)),
      ...settingsAt(source, ['base'], raw.base),
    },
    axes: axesOf(source, raw.matrix),
    runtimes: runtimesOf(source, raw.runtimes),
    exclude: raw.exclude.map((entry, index) => patternAt(source, ['exclude', index], entry)),
    include: raw.include.map(({ expect = {}, ...entry }, index) => ({
      ...patternAt(source, ['include', index], entry as Record<string, string>),
      expect: expectationsAt(source, ['include', index, 'expect'], expect),
    })),
    expect: expectationsAt(source, ['expect'], raw.expect),
    repeat,
    maxCells: raw.max_cells,
    where: source.where(['matrix']),
  };
}

/**
 * The same file on one runtime in place of its own. Entries of `exclude` and `include` that name another one are left
 * out. Throws UsageError, with `where`, for a name that is none.
 */
export function onRuntime(file: SweepFile, runtime: string, where: string): SweepFile {
  checkRuntime(runtime, where, []);
  const stays = (entry: Pattern) => entry.runtime === undefined || entry.runtime === runtime;
  return {
    ...file,
    runtimes: [runtime],
    exclude: file.exclude.filter(stays),
    include: file.include.filter(stays),
  };
}

/** The axes of the matrix. Throws UsageError for an unknown setting, a bad value or a bad range. */
function axesOf(source: Source, matrix: Record<string, string[]>): Axis[] {
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
function profileAt(source: Source, name: string): GivenSettings {
  const names = profileNames();
  if (names.includes(name)) return readProfile(name).settings;
  throw new UsageError(
    `${source.where(['profile'])}: profile: "${shown(name)}": no such profile; allowed: ${names.join(', ')}`,
  );
}

/** The settings of the map at a path. Throws UsageError for an unknown one, one given twice, and a bad value. */
function settingsAt(source: Source, path: Path, raw: Record<string, string>): GivenSettings {
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
        `${where}: runtime is not a setting; allowed: runtimes: [${RUNTIME_NAMES.join(', ')}] beside base`,
      );
    const name = settingName(key, where);
    if (seen.has(name)) throw new UsageError(`${where}: ${name} is here twice; allowed: once`);
    seen.add(name);
    return [name, key];
  });
}

/** An entry of `exclude` or `include`. Throws UsageError as `settingsAt` does, and for an unknown runtime. */
function patternAt(source: Source, path: Path, entry: Record<string, string>): Pattern {
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
function runtimesOf(source: Source, names: readonly string[]): string[] {
  for (const [index, name] of names.entries())
    checkRuntime(name, source.where(['runtimes', index]), ['runtimes']);
  return [...new Set(names)];
}

/** Throws UsageError, with the place, for a name that is no runtime. */
function checkRuntime(name: string, where: string, path: Path): void {
  const allowed = ['auto', ...RUNTIME_NAMES];
  if (!allowed.includes(name))
    throw new UsageError(
      `${[where, ...(path.length > 0 ? [nameOf(path)] : [])].join(': ')}: "${shown(name)}": allowed: ${allowed.join(', ')}`,
    );
}

/** What the map at a path expects. Throws UsageError for anything that cannot be expected. */
function expectationsAt(source: Source, path: Path, raw: Record<string, string[]>): Expectation[] {
  return Object.entries(raw).flatMap(([key, values]) =>
    readExpectation(key, values, RUN_NAMES, source.whereKey(path, key)),
  );
}

import type { GivenSettings } from '../settings/setting-sources.ts';
import {
  type Axis,
  axesOf,
  checkRuntime,
  expectationsAt,
  type Pattern,
  patternAt,
  profileAt,
  runtimesOf,
  settingsAt,
} from './entries.ts';
import type { Expectation } from './expect.ts';
import { checkShape } from './sweep-schema.ts';
import { readSource } from './yaml-source.ts';

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

import { UsageError } from '../../common/errors.ts';
import { count } from '../../common/format.ts';
import type { SettingName } from '../settings/schema.ts';
import type { GivenSettings } from '../settings/setting-sources.ts';
import type { Axis, Pattern } from './entries.ts';
import type { Expectation } from './expect.ts';
import type { Include, SweepFile } from './file.ts';

/** One combination: the axes' values, what `include` added, and what is expected of it. */
export interface Combination {
  /** What `exclude` and `include` are matched with: axes alone, never what was added. */
  axes: GivenSettings;
  added: GivenSettings;
  runtime: string;
  expect: Expectation[];
}

/**
 * The combinations of a file, as CI systems make them: all values of all axes on all runtimes, the last axis changing
 * fastest; then `exclude`; then `include`, whose entry is added to every combination that its axes match, and is a
 * combination of its own when there is none. Throws UsageError for none at all, for too many, and for an `exclude`
 * that matches nothing.
 */
export function expand(file: SweepFile): Combination[] {
  checkSize(file);
  let made = file.axes.length === 0 ? [] : product(file.axes, file.runtimes, file.expect);
  for (const entry of file.exclude) {
    const kept = made.filter((one) => !matches(entry, one));
    if (kept.length === made.length)
      throw new UsageError(
        `${entry.where}: matches no cell; allowed are values of the matrix and of runtimes`,
      );
    made = kept;
  }
  const originals = [...made];
  for (const entry of file.include) made.push(...include(entry, originals, file));
  if (made.length === 0)
    throw new UsageError(`${file.where}: no cell; expected a matrix with at least one setting, or include`);
  return made;
}

function checkSize({ axes, runtimes, include: more, repeat, maxCells, where }: SweepFile): void {
  const matrix =
    axes.length === 0 ? 0 : axes.reduce((size, { values }) => size * values.length, runtimes.length);
  const cells = (matrix + more.length) * repeat;
  if (cells <= maxCells) return;
  const factors = [
    ...axes.map(({ name, values }) => `${values.length} ${name}`),
    count(runtimes.length, 'runtime'),
  ];
  throw new UsageError(
    `${where}: ${cells} cells (${factors.join(' × ')}, ${more.length} included, ${repeat} of each); allowed are ${maxCells}: raise max_cells, or take fewer values`,
  );
}

function product(axes: readonly Axis[], runtimes: readonly string[], expect: Expectation[]): Combination[] {
  let rows: GivenSettings[] = [{}];
  for (const { name, values } of axes)
    rows = rows.flatMap((row) => values.map((given) => ({ ...row, [name]: given })));
  return runtimes.flatMap((runtime) => rows.map((row) => ({ axes: row, added: {}, runtime, expect })));
}

/** Does every axis that the entry names have this value here? */
function matches({ settings, runtime }: Pattern, one: Combination): boolean {
  if (runtime !== undefined && runtime !== one.runtime) return false;
  return Object.entries(settings).every(
    ([name, { value }]) => one.axes[name as SettingName]?.value === value,
  );
}

function include(entry: Include, originals: readonly Combination[], file: SweepFile): Combination[] {
  const isAxis = (name: string) => file.axes.some((axis) => axis.name === name);
  const onAxes = pick(entry.settings, isAxis);
  const matching = originals.filter((one) => matches({ ...entry, settings: onAxes }, one));
  for (const one of matching) {
    Object.assign(
      one.added,
      pick(entry.settings, (name) => !isAxis(name)),
    );
    one.expect = merged(one.expect, entry.expect);
  }
  if (matching.length > 0) return [];
  const runtimes = entry.runtime === undefined ? file.runtimes : [entry.runtime];
  return runtimes.map((runtime) => ({
    axes: {},
    added: entry.settings,
    runtime,
    expect: merged(file.expect, entry.expect),
  }));
}

function pick(settings: GivenSettings, wanted: (name: string) => boolean): GivenSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => wanted(name)));
}

/** What an entry expects takes the place of what the file expects of the same thing. */
function merged(general: readonly Expectation[], own: readonly Expectation[]): Expectation[] {
  return [...general.filter(({ key }) => !own.some((other) => other.key === key)), ...own];
}

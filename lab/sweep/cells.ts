import { createHash } from 'node:crypto';
import { defined } from '../../common/defined.ts';
import { UsageError } from '../../common/errors.ts';
import { count } from '../../common/format.ts';
import type { Expectation } from '../expect/expectation.ts';
import type { SettingName } from '../settings/schema.ts';
import { type GivenSettings, type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import type { Axis, Include, Pattern, SweepFile } from './sweep-file.ts';

/** A cell as it is asked for. */
export interface PlannedCell {
  /** Made of what varies and the runtime alone, so that it stays the same when the rest of the file changes. */
  id: string;
  /** The id as the name of a folder. */
  slug: string;
  varies: Record<string, string | number>;
  settings: ResolvedSettings;
  /** Name of the runtime; never `auto`. */
  runtime: string;
  expect: Expectation[];
}

/**
 * The cells of a file, in order. `runtimeOf` says what stands behind a name (`auto` → `netns`). Throws UsageError for
 * settings that do not go together, and for a cell that is there twice.
 */
export function planCells(file: SweepFile, runtimeOf: (name: string) => string): PlannedCell[] {
  const made = expand(file).map((one) => ({ ...one, runtime: runtimeOf(one.runtime) }));
  const several = new Set(made.map(({ runtime }) => runtime)).size > 1;
  const seen = new Set<string>();
  return made.flatMap(({ axes, added, runtime, expect }) => {
    const own = { ...axes, ...added };
    const values = Object.entries(own).map(([name, { value }]) => [name, plainValue(value)]);
    const settings = resolveSettings([own, file.base]);
    return Array.from({ length: file.repeat }, (_, index) => {
      const varies: PlannedCell['varies'] = {
        ...Object.fromEntries(values),
        ...defined({
          runtime: several ? runtime : undefined,
          repeat: file.repeat > 1 ? index + 1 : undefined,
        }),
      };
      // `nofile=64,users=100,runtime=netns`
      const id = Object.entries({ ...varies, runtime })
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
      if (seen.has(id)) throw new UsageError(`${file.where}: the cell ${id} is here twice; allowed: once`);
      seen.add(id);
      return { id, slug: slugOf(id), varies, settings, runtime, expect };
    });
  });
}

const LONGEST_SLUG = 100;

/** A file name may hold 255 bytes; a long id is cut and told from others by a digest. */
function slugOf(id: string): string {
  const slug = id.replaceAll('=', '-').replaceAll(',', '_');
  if (slug.length <= LONGEST_SLUG) return slug;
  return `${slug.slice(0, LONGEST_SLUG)}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

/** As it stands in a document: a number where it is one. */
function plainValue(text: string): string | number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** One combination: the axes' values, what `include` added, and what is expected of it. */
interface Combination {
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
function expand(file: SweepFile): Combination[] {
  checkSize(file);
  let made = file.axes.length === 0 ? [] : product(file.axes, file.runtimes, file.expect);
  for (const entry of file.exclude) {
    const kept = made.filter((one) => !matches(entry, one));
    if (kept.length === made.length)
      throw new UsageError(`${entry.where}: matches no cell; allowed: values of the matrix and of runtimes`);
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
    `${where}: ${cells} cells (${factors.join(' × ')}, ${more.length} included, ${repeat} of each); allowed: up to ${maxCells}; raise max_cells, or use fewer values`,
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

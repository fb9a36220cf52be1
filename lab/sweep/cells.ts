import { createHash } from 'node:crypto';
import { UsageError } from '../../common/errors.ts';
import { type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import { expand } from './expand.ts';
import type { Expectation } from './expect.ts';
import type { SweepFile } from './file.ts';
import { plainValue } from './value.ts';

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
    const settings = resolveSettings([own, file.base]);
    return Array.from({ length: file.repeat }, (_, index) => {
      const varies: PlannedCell['varies'] = {};
      for (const [name, { value }] of Object.entries(own)) varies[name] = plainValue(value);
      if (several) varies.runtime = runtime;
      if (file.repeat > 1) varies.repeat = index + 1;
      const id = idOf({ ...varies, runtime });
      if (seen.has(id)) throw new UsageError(`${file.where}: the cell ${id} is there twice; allowed is once`);
      seen.add(id);
      return { id, slug: slugOf(id), varies, settings, runtime, expect };
    });
  });
}

/** `nofile=64,users=100,runtime=netns` */
function idOf(varies: Record<string, string | number>): string {
  return Object.entries(varies)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

const LONGEST_SLUG = 100;

/** A file name may hold 255 bytes; a long id is cut and told from others by a digest. */
function slugOf(id: string): string {
  const slug = id.replaceAll('=', '-').replaceAll(',', '_');
  if (slug.length <= LONGEST_SLUG) return slug;
  return `${slug.slice(0, LONGEST_SLUG)}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

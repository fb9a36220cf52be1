import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { PlannedCell } from './cells.ts';
import type { SweepDocument } from './sweep-document.ts';

/** Where the runs of the cells stand in a sweep's folder. */
export const CELLS = 'cells';

interface Manifest {
  name: string;
  runtime: string;
  driver: string;
  asked: unknown;
}

/** A cell that has run to its end. */
export interface Finished {
  verdict: VerdictDocument;
  wallMs: number;
}

/**
 * The cells that have run to their end in a sweep's folder, by id: told from the files of their runs alone. A cell of
 * which any setting, the runtime or the driver has changed since is not among them.
 */
export function finishedCells(
  folder: string,
  cells: readonly PlannedCell[],
  driver: string,
): Map<string, Finished> {
  const times = new Map(readSweep(folder)?.cells.map(({ id, wallMs }) => [id, wallMs]));
  const runs = readRuns(join(folder, CELLS));
  const finished = new Map<string, Finished>();
  for (const { id, slug, runtime, settings } of cells) {
    // As JSON has it: what is undefined is not there.
    const asked = JSON.parse(JSON.stringify(settings.values));
    const run = runs.findLast(({ manifest }) =>
      isDeepStrictEqual(pickOwn(manifest), { name: slug, runtime, driver, asked }),
    );
    if (run)
      finished.set(id, { verdict: run.verdict, wallMs: times.get(id) ?? run.verdict.times.settledMs ?? 0 });
  }
  return finished;
}

function pickOwn({ name, runtime, driver, asked }: Manifest): Manifest {
  return { name, runtime, driver, asked };
}

/** The complete runs of a folder, oldest first. */
function readRuns(folder: string): { manifest: Manifest; verdict: VerdictDocument }[] {
  return folders(folder).flatMap((name) => {
    const path = join(folder, name);
    const verdict = readJson<VerdictDocument>(join(path, 'verdict.json'));
    const manifest = readJson<Manifest>(join(path, 'manifest.json'));
    // Where it lies now: the sweep's folder may have been moved since.
    return verdict?.complete && manifest ? [{ manifest, verdict: { ...verdict, path } }] : [];
  });
}

/** sweep.json of a folder; undefined when there is none that can be read. */
export function readSweep(folder: string): SweepDocument | undefined {
  const document = readJson<SweepDocument>(join(folder, 'sweep.json'));
  return Array.isArray(document?.cells) ? document : undefined;
}

/** Names of the folders in a folder, sorted, so by time; none when it is not there. Links are left out. */
export function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/** A file cut off by a kill is as good as none. */
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

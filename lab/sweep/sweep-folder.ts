import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '../../common/errors.ts';
import { RunFolder } from '../run/run-folder.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { PlannedCell } from './cells.ts';
import { sweepJunit } from './junit.ts';
import { sweepCsv } from './print-sweep.ts';
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

/** A new folder for a sweep, `runs/<time>-sweep-<name>`. */
export function makeSweepFolder(runs: string, name: string, file: string): string {
  return new RunFolder(runs, `sweep-${name}`, { name, file }).path;
}

/**
 * The folder to go on in: the one that is named, else the newest unfinished one of this sweep, else its newest.
 * Throws UsageError when there is none.
 */
export function resumeFolder(runs: string, name: string, named: string | true): string {
  if (named !== true) return namedFolder(named, name);
  const candidates = folders(runs)
    .map((entry) => join(runs, entry))
    .flatMap((path) => {
      const document = readSweep(path);
      return document?.name === name ? [{ path, complete: document.complete }] : [];
    });
  const found = candidates.findLast(({ complete }) => !complete) ?? candidates.at(-1);
  if (found) return found.path;
  throw new UsageError(
    `--resume: ${runs} has no folder of the sweep ${name}; leave --resume out to start a new one`,
  );
}

function namedFolder(path: string, name: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--resume ${path}: no such folder; allowed: the folder of a sweep`);
  const document = readSweep(path);
  if (document?.name !== name)
    throw new UsageError(
      `--resume ${path}: ${document ? `has the sweep ${document.name}, not ${name}` : 'has no sweep.json'}; allowed: a folder of the sweep ${name}`,
    );
  return resolve(path);
}

/** Writes sweep.json alone: after each cell, so that a kill loses no more than the cell that is running. */
export function writeDocument(document: SweepDocument): void {
  if (document.path)
    writeFileSync(join(document.path, 'sweep.json'), `${JSON.stringify(document, null, 2)}\n`);
}

/** Writes every form of the document into its folder, the page among them. */
export function writeAll(document: SweepDocument, page: string): void {
  const { path, name, file, complete } = document;
  if (!path) return;
  writeDocument(document);
  writeFileSync(join(path, 'manifest.json'), `${JSON.stringify({ complete, name, file }, null, 2)}\n`);
  writeFileSync(join(path, 'sweep.csv'), sweepCsv(document));
  writeFileSync(join(path, 'sweep.junit.xml'), sweepJunit(document));
  writeFileSync(join(path, 'report.html'), page);
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
    const run = runs.findLast(({ made }) => isDeepStrictEqual(made, { name: slug, runtime, driver, asked }));
    if (run)
      finished.set(id, { verdict: run.verdict, wallMs: times.get(id) ?? run.verdict.times.settledMs ?? 0 });
  }
  return finished;
}

/** The complete runs of a folder, oldest first: what each was made of, and what it said. */
function readRuns(folder: string): { made: Manifest; verdict: VerdictDocument }[] {
  return folders(folder).flatMap((entry) => {
    const path = join(folder, entry);
    const verdict = readJson<VerdictDocument>(join(path, 'verdict.json'));
    const manifest = readJson<Manifest>(join(path, 'manifest.json'));
    if (!verdict?.complete || !manifest) return [];
    const { name, runtime, driver, asked } = manifest;
    // Where it lies now: the sweep's folder may have been moved since.
    return [{ made: { name, runtime, driver, asked }, verdict: { ...verdict, path } }];
  });
}

/** sweep.json of a folder; undefined when there is none that can be read. */
function readSweep(folder: string): SweepDocument | undefined {
  const document = readJson<SweepDocument>(join(folder, 'sweep.json'));
  return Array.isArray(document?.cells) ? document : undefined;
}

/** Names of the folders in a folder, sorted, so by time; none when it is not there. Links are left out. */
function folders(path: string): string[] {
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

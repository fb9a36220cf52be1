import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { RunFolder } from '../run/run-folder.ts';
import { sweepCsv } from './csv.ts';
import { sweepJunit } from './junit.ts';
import { folders, readSweep } from './state.ts';
import type { SweepDocument } from './sweep-document.ts';

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
    `--resume: ${runs} has no folder of the sweep ${name}; leave --resume out to begin one`,
  );
}

function namedFolder(path: string, name: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--resume ${path}: no such folder; allowed is the folder of a sweep`);
  const document = readSweep(path);
  if (document?.name !== name)
    throw new UsageError(
      `--resume ${path}: ${document ? `holds the sweep ${document.name}, not ${name}` : 'holds no sweep.json'}; allowed is a folder of the sweep ${name}`,
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

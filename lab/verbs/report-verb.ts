import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../common/errors.ts';
import { rebuildReport } from '../report/rebuild.ts';
import { OWN_RUNS, replaceFile } from '../run/run-folder.ts';
import { printDocument } from './verb-ending.ts';

/** `report [folder]`: makes the page of a folder anew from what a run, a threshold, a sweep or a comparison left. */
export function reportVerb(program: Command): void {
  program
    .command('report')
    .description('make the page anew from the folder of a run, a threshold, a sweep or a comparison')
    .argument('[folder]', 'the folder', join(OWN_RUNS, 'latest'))
    .option('--json', 'one JSON document on stdout, nothing else')
    .action((folder: string, { json }: { json?: boolean }) => {
      const { kind, page, html } = rebuildReport(resolve(folder));
      const path = join(resolve(folder), page);
      try {
        replaceFile(path, html);
      } catch (error) {
        throw new UsageError(`${path}: cannot be written: ${(error as NodeJS.ErrnoException).code}`);
      }
      printDocument({ kind, path }, () => `${path}\n`, json);
    });
}

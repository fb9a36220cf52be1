import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CannotRunError, messageOf, UsageError } from '../../common/errors.ts';
import { rebuildReport } from '../report/rebuild.ts';
import { NO_ROOM, OWN_RUNS, replaceFile } from '../run/run-folder.ts';
import { printDocument } from './verb-ending.ts';

/** `report [folder]`: makes the page of a folder anew from what was measured then; a run and a diagnosis are judged anew as well. */
export function reportVerb(program: Command): void {
  program
    .command('report')
    .description(
      'make the page anew from the folder of a run, a diagnosis, a threshold, a sweep or a comparison; judge the first two anew',
    )
    .argument('[folder]', 'the folder', join(OWN_RUNS, 'latest'))
    .option('--json', 'one JSON document on stdout, nothing else')
    .action((folder: string, { json }: { json?: boolean }) => {
      const { kind, page, files, complete } = rebuildReport(resolve(folder));
      for (const [name, text] of Object.entries(files)) write(join(resolve(folder), name), text);
      const path = join(resolve(folder), page);
      if (!complete)
        process.stderr.write(`incomplete: not all was measured or kept; ${path} tells of what was\n`);
      printDocument({ kind, path }, () => `${path}\n`, json);
    });
}

function write(path: string, text: string): void {
  try {
    replaceFile(path, text);
  } catch (error) {
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    const noRoom = NO_ROOM[code];
    if (noRoom !== undefined)
      throw new CannotRunError(`${path}: cannot be written: ${noRoom} (${code}); make room there`);
    throw new UsageError(
      `${path}: cannot be written: ${code}; allowed: a folder that this user may write to`,
    );
  }
}

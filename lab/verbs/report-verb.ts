import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CannotRunError, messageOf, UsageError } from '../../common/errors.ts';
import { type Reread, rereadFolder } from '../report/rebuild.ts';
import { NO_ROOM, OWN_RUNS, replaceFile } from '../run/run-folder.ts';
import type { TellingFlags } from './shared-options.ts';
import { printDocument } from './verb-ending.ts';

interface ReportFlags extends TellingFlags {
  json?: boolean;
  markdown?: boolean;
}

/** `report [folder]`: makes the page of a folder anew from what was measured then; a run and a diagnosis are judged anew as well. */
export function reportVerb(program: Command): void {
  program
    .command('report')
    .description(
      'rebuild report.html from the folder of a run, a diagnosis, a threshold, a sweep or a comparison; a run and a diagnosis are judged again',
    )
    .argument('[folder]', 'the folder', join(OWN_RUNS, 'latest'))
    .option('--json', 'one JSON document on stdout, nothing else')
    .option('--markdown', 'the report as Markdown on stdout; nothing is written')
    .option('--verbose', 'with --markdown: every verdict with all its evidence')
    .action((folder: string, flags: ReportFlags) => {
      checkFlags(flags);
      const reread = rereadFolder(resolve(folder));
      if (flags.markdown) printMarkdown(reread, folder, flags);
      else makePage(reread, folder, flags);
    });
}

/** Throws UsageError for flags that exclude each other, or that would do nothing. */
function checkFlags({ json, markdown, verbose }: ReportFlags): void {
  if (json && markdown) throw new UsageError('--json and --markdown: both were given; allowed: one of them');
  if (verbose && !markdown)
    throw new UsageError(
      '--verbose: the page has all the evidence already; allowed: --verbose with --markdown',
    );
}

function makePage({ kind, page, files, complete }: Reread, folder: string, { json }: ReportFlags): void {
  for (const [name, text] of Object.entries(files())) write(join(resolve(folder), name), text);
  const path = join(resolve(folder), page);
  if (!complete) process.stderr.write(`${INCOMPLETE}; ${path} tells of what was\n`);
  printDocument({ kind, path }, () => `${path}\n`, json);
}

function printMarkdown(
  { markdown, complete }: Reread,
  folder: string,
  { verbose = false }: ReportFlags,
): void {
  process.stdout.write(markdown({ verbose }));
  if (!complete) process.stderr.write(`${INCOMPLETE}; ${resolve(folder)}: this tells of what was\n`);
}

const INCOMPLETE = 'incomplete: not all was measured or kept';

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

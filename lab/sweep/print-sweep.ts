import { writeFileSync } from 'node:fs';
import { UsageError } from '../../common/errors.ts';
import { duration, fromHere } from '../../common/format.ts';
import type { PlannedCell } from './cells.ts';
import { sweepCsv } from './csv.ts';
import type { SweepDocument } from './sweep-document.ts';
import { sweepTable, tallyText } from './sweep-table.ts';

/** What begins now, and how long the rest will take. */
export function stepText(number: number, total: number, { id }: PlannedCell, leftMs: number | null): string {
  const left = leftMs === null ? 'time left: known after the first' : `about ${duration(leftMs)} left`;
  return `sweep: cell ${number} of ${total}: ${id.replaceAll('=', ' ').replaceAll(',', ', ')}; ${left}`;
}

/** One line a cell on stdout; gives the exit code, 3 when one of them cannot run here. */
export function listCells(cells: readonly PlannedCell[], errors: ReadonlyMap<string, string>): number {
  for (const { id } of cells)
    process.stdout.write(`${id}${errors.has(id) ? `  cannot run: ${errors.get(id)}` : ''}\n`);
  return errors.size > 0 ? 3 : 0;
}

/** Throws UsageError when it cannot be written. Called with nothing first: a path that cannot be written must not show up after the last cell. */
export function writeJunit(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: text === '' ? 'a' : 'w' });
  } catch (error) {
    throw new UsageError(`--junit ${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The document on stdout, in the form that was asked for. */
export function print(document: SweepDocument, { json, csv }: { json?: boolean; csv?: boolean }): void {
  if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
  else if (csv) process.stdout.write(sweepCsv(document));
  else
    process.stdout.write(
      `\n${sweepTable(document)}\n\n${tallyText(document)}\nfolder: ${fromHere(document.path ?? '')}\n`,
    );
}

import { stringify } from 'csv-stringify/sync';
import { duration, fromHere } from '../../common/format.ts';
import { nextLines } from '../../common/next.ts';
import { markdownTable } from '../../common/table.ts';
import { nextAfterSweep } from './after-sweep.ts';
import type { PlannedCell } from './cells.ts';
import { type SweepCell, type SweepDocument, standing } from './sweep-document.ts';

/** The cell that begins now, and how long the rest will take. */
export function stepText(number: number, total: number, { id }: PlannedCell, leftMs: number | null): string {
  const left = leftMs === null ? 'time left: known after the first cell' : `about ${duration(leftMs)} left`;
  return `sweep: cell ${number} of ${total}: ${id.replaceAll('=', ' ').replaceAll(',', ', ')}; ${left}`;
}

/** One line for each cell on stdout; gives the exit code, 3 when one of them cannot run here. */
export function listCells(cells: readonly PlannedCell[], errors: ReadonlyMap<string, string>): number {
  for (const { id } of cells)
    process.stdout.write(`${id}${errors.has(id) ? `  cannot run: ${errors.get(id)}` : ''}\n`);
  return errors.size > 0 ? 3 : 0;
}

/** The sweep as a person reads it. */
export function sweepText(document: SweepDocument): string {
  return [
    '',
    tallyText(document),
    '',
    sweepTable(document),
    '',
    ...nextLines(nextAfterSweep(document)),
    `folder: ${fromHere(document.path ?? '')}`,
    '',
  ].join('\n');
}

/** Names of what varies, over all cells, in the order in which they first appear. */
function axesOf(cells: readonly SweepCell[]): string[] {
  return [...new Set(cells.flatMap(({ varies }) => Object.keys(varies)))];
}

/** The cells as a table for people; valid Markdown too. */
export function sweepTable(document: SweepDocument): string {
  const [header = [], ...rows] = sweepRows(document);
  return markdownTable(header, rows);
}

/** The heads, then a row a cell. */
export function sweepRows({ cells }: SweepDocument): string[][] {
  const axes = axesOf(cells);
  const header = [...axes, 'open', 'failed', 'predicted', 'causes', 'time', 'result'];
  const rows = cells.map((cell) => [
    ...axes.map((name) => `${cell.varies[name] ?? ''}`),
    ...(cell.verdict ? [`${cell.users.open}`, `${cell.users.failed}`] : ['-', '-']),
    `${cell.verdict?.threshold.predicted ?? '-'}`,
    cell.causes.join(', ') || '-',
    duration(cell.wallMs),
    resultText(cell),
  ]);
  return [header, ...rows];
}

function resultText(cell: SweepCell): string {
  const { error, expected } = cell;
  switch (standing(cell)) {
    case 'error':
      return `cannot run: ${error}`;
    case 'unmet':
      return `NOT as expected: ${expected?.says ?? 'a failure without a known cause'}`;
    case 'met':
      return expected ? `as expected: ${expected.says}` : 'ran';
  }
}

/** The tally, and each cell that is not as expected or could not run. */
export function answerOfSweep(document: SweepDocument): { sentence: string; evidence: string[] } {
  const not = document.cells.filter((cell) => standing(cell) !== 'met');
  return {
    sentence: tallyText(document),
    evidence: not.map((cell) => `${cell.id}: ${resultText(cell)}`),
  };
}

/** `8 cells: 6 as expected, 1 not as expected, 1 could not run` */
export function tallyText({ cells }: SweepDocument): string {
  const of = (what: string) => cells.filter((cell) => standing(cell) === what).length;
  return `${cells.length} cells: ${of('met')} as expected, ${of('unmet')} not as expected, ${of('error')} could not run`;
}

/** One row a cell, with a header: RFC 4180. What varies stands in columns of its own, as it was asked for. */
export function sweepCsv(document: SweepDocument): string {
  const axes = axesOf(document.cells).filter((name) => name !== 'runtime');
  const header = [
    'cell',
    ...axes.map((name) => `asked_${name}`),
    'runtime',
    'users_asked',
    'users_open',
    'users_failed',
    'threshold_measured',
    'threshold_predicted',
    'causes',
    'standing',
    'expected',
    'error',
    'wall_ms',
    'folder',
  ];
  const rows = document.cells.map((cell) => [
    cell.id,
    ...axes.map((name) => cell.varies[name] ?? ''),
    cell.runtime,
    cell.users.asked,
    cell.verdict ? cell.users.open : '',
    cell.verdict ? cell.users.failed : '',
    cell.verdict?.threshold.measured ?? '',
    cell.verdict?.threshold.predicted ?? '',
    cell.causes.join(' '),
    standing(cell),
    cell.expected?.says ?? '',
    cell.error ?? '',
    cell.wallMs,
    cell.verdict?.path ?? '',
  ]);
  return stringify([header, ...rows], { record_delimiter: 'windows' });
}

import { stringify } from 'csv-stringify/sync';
import { standing } from './result.ts';
import type { SweepDocument } from './sweep-document.ts';
import { axesOf } from './sweep-table.ts';

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

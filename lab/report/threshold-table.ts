import { join } from 'node:path';
import { fromHere } from '../../common/format.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../threshold/threshold-document.ts';

const COLUMNS = ['measured', 'predicted', 'error', 'limited by', 'loads'] as const;

/** The thresholds as a table for a terminal, with the laws below. */
export function thresholdTable(document: ThresholdsDocument): string {
  const { vary, runtime, points, complete, path } = document;
  const rows = [[vary, ...COLUMNS], ...points.map(row)];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) =>
        column === 4 ? cell.padEnd(widths[4] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const laws = [...new Set(points.flatMap(({ law }) => law ?? []))];
  return [
    `largest number of users with no failure, runtime ${runtime} (failure: ${document.failure})`,
    '',
    ...lines.map((line) => `  ${line}`),
    '',
    ...laws.map((law) => `  predicted by: ${law}`),
    ...(points.some(({ limit }) => limit === 'rate')
      ? ['  A rate is measured to 2 %, and varies from burst to burst: users who come slowly do not fail.']
      : []),
    ...(complete ? [] : ['  incomplete: interrupted']),
    ...(path ? ['', `report: ${fromHere(join(path, 'report.html'))}`] : []),
    '',
  ].join('\n');
}

function row({
  value,
  measured,
  predicted,
  error,
  limitedBy,
  limit,
  atLeast,
  trials,
}: ThresholdPoint): string[] {
  const kind = limit === 'rate' ? ' (rate)' : '';
  return [
    value,
    `${atLeast ? '≥ ' : ''}${measured ?? '?'}`,
    `${predicted ?? '-'}`,
    error === null ? '-' : error > 0 ? `+${error}` : `${error}`,
    limitedBy + kind,
    `${trials.length}`,
  ];
}

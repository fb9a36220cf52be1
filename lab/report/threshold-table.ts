import { join } from 'node:path';
import { fromHere } from '../../common/format.ts';
import { columns } from '../../common/table.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../threshold/threshold-document.ts';

const COLUMNS = ['measured', 'predicted', 'error', 'limited by', 'loads'];
/** Numbers to the right, and the cause under its heading. */
const SIDES = ['right', 'right', 'right', 'right', 'left', 'right'] as const;

/** The thresholds as a table for a terminal, with the laws below. */
export function thresholdTable(document: ThresholdsDocument): string {
  const { vary, runtime, points, complete, path } = document;
  const rows = columns([[vary, ...COLUMNS], ...points.map(row)], SIDES);
  const laws = [...new Set(points.flatMap(({ law }) => law ?? []))];
  return [
    `largest number of users with no failure, runtime ${runtime} (failure: ${document.failure})`,
    '',
    ...rows.map((line) => `  ${line}`),
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

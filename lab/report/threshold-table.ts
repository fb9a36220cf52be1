import { join } from 'node:path';
import { count, fromHere } from '../../common/format.ts';
import { columns } from '../../common/table.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../threshold/threshold-document.ts';
import { labelled } from './text/labelled.ts';

const COLUMNS = ['measured', 'predicted', 'error', 'limited by', 'loads'];
/** Numbers to the right, and the cause under its heading. */
const SIDES = ['right', 'right', 'right', 'right', 'left', 'right'] as const;

/** The thresholds as a table for a terminal, with the laws below. */
export function thresholdTable(document: ThresholdsDocument): string {
  const { vary, runtime, points, complete, path } = document;
  const rows = columns([[vary, ...COLUMNS], ...points.map(row)], SIDES);
  const laws = [...new Set(points.flatMap(({ law }) => law ?? []))];
  return [
    '',
    ...labelled('ANSWER', 'bold', answerOf(document)),
    '',
    `Largest number of users with no failure (runtime ${runtime}, failure: ${document.failure})`,
    '',
    ...rows.map((line) => `  ${line}`),
    '',
    ...laws.map((law) => `  predicted by: ${law}`),
    ...(points.some(({ limit }) => limit === 'rate')
      ? [
          '  A rate is measured to within 2 %, and varies from burst to burst; users who arrive slowly do not fail.',
        ]
      : []),
    ...(complete ? [] : ['', 'Incomplete: the measurement was interrupted.']),
    ...(path ? ['', `report: ${fromHere(join(path, 'report.html'))}`] : []),
    '',
  ].join('\n');
}

/** Which limit it was, and how often the law was right. */
function answerOf({ vary, points }: ThresholdsDocument): string {
  const causes = [...new Set(points.map(({ limitedBy }) => limitedBy))];
  const predicted = points.filter(({ error }) => error !== null);
  const exact = predicted.filter(({ error }) => error === 0).length;
  const held =
    predicted.length === 0
      ? 'no law predicts it'
      : `measured exactly as predicted at ${exact} of ${count(predicted.length, 'value')}`;
  return `${vary}: limited by ${causes.join(', ') || 'no limit that was reached'}; ${held}`;
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

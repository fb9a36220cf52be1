import { join } from 'node:path';
import { count, fromHere } from '../../common/format.ts';
import { nextLines } from '../../common/next.ts';
import { columns } from '../../common/table.ts';
import { nextAfterThreshold } from '../threshold/after-threshold.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../threshold/threshold-document.ts';
import { labelled } from './text/labelled.ts';
import type { ToldAnswer } from './text/told-answer.ts';

const COLUMNS = ['measured', 'predicted', 'error', 'limited by', 'loads'];
/** Numbers to the right, and the cause under its heading. */
export const THRESHOLD_SIDES = ['right', 'right', 'right', 'right', 'left', 'right'] as const;

/** The thresholds as a table for a terminal, with the laws below. */
export function thresholdTable(document: ThresholdsDocument): string {
  const { complete, path } = document;
  const rows = columns(thresholdRows(document), THRESHOLD_SIDES);
  return [
    '',
    ...labelled('ANSWER', 'bold', thresholdAnswer(document)),
    '',
    thresholdTitle(document),
    '',
    ...rows.map((line) => `  ${line}`),
    '',
    ...thresholdNotes(document).map((note) => `  ${note}`),
    ...(complete ? [] : ['', `Incomplete: ${THRESHOLD_CUT}`]),
    '',
    ...nextLines(nextAfterThreshold(document)),
    ...(path ? [`report: ${fromHere(join(path, 'report.html'))}`] : []),
    '',
  ].join('\n');
}

/** Why it is not the whole. */
export const THRESHOLD_CUT = 'the measurement was interrupted.';

/** What the table shows. */
export function thresholdTitle({ runtime, failure }: ThresholdsDocument): string {
  return `Largest number of users with no failure (runtime ${runtime}, failure: ${failure})`;
}

/** The heads, then a row a value. */
export function thresholdRows({ vary, points }: ThresholdsDocument): string[][] {
  return [[vary, ...COLUMNS], ...points.map(row)];
}

/** What is to be known of the numbers: the laws, and how exact a rate is. */
export function thresholdNotes({ points }: ThresholdsDocument): string[] {
  const laws = [...new Set(points.flatMap(({ law }) => law ?? []))];
  return [
    ...laws.map((law) => `predicted by: ${law}`),
    ...(points.some(({ limit }) => limit === 'rate')
      ? [
          'A rate is measured to within 2 %, and varies from burst to burst; users who arrive slowly do not fail.',
        ]
      : []),
  ];
}

/** Which limit it was, and how often the law was right. */
export function thresholdAnswer({ vary, points }: ThresholdsDocument): string {
  const causes = [...new Set(points.map(({ limitedBy }) => limitedBy))];
  const predicted = points.filter(({ error }) => error !== null);
  const exact = predicted.filter(({ error }) => error === 0).length;
  const held =
    predicted.length === 0
      ? 'no law predicts it'
      : `measured exactly as predicted at ${exact} of ${count(predicted.length, 'value')}`;
  return `${vary}: limited by ${causes.join(', ') || 'no limit that was reached'}; ${held}`;
}

/** The answer with the numbers of each point. */
export function answerOfThreshold(document: ThresholdsDocument): ToldAnswer {
  const { vary, points, complete } = document;
  const answer = thresholdAnswer(document);
  return {
    sentence: complete ? answer : `${answer} (incomplete: ${THRESHOLD_CUT})`,
    evidence: points.map((point) => {
      const [value, measured, predicted, , limited] = row(point);
      return `${vary}=${value}: ${measured} measured, ${predicted} predicted, limited by ${limited}`;
    }),
  };
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

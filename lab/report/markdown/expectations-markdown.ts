import type { ExpectationDocument } from '../../expect/expectation.ts';
import { tableBlock } from './blocks.ts';
import { markdownCell, markdownCode } from './inline.ts';

/** What was expected as a table; null: nothing was. */
export function expectationsBlock(expectations: readonly ExpectationDocument[]): string | null {
  if (expectations.length === 0) return null;
  return tableBlock(
    [{ head: 'expected' }, { head: ' ' }, { head: 'measured' }],
    expectations.map(({ condition, holds, says }) => [
      markdownCode(condition),
      holds ? 'held' : '**failed**',
      markdownCell(says),
    ]),
  );
}

/** A report with the conditions right below its heading. */
export function summaryOf(report: string, expectations: readonly ExpectationDocument[]): string {
  const [heading = '', ...rest] = report.split('\n\n');
  return [heading, expectationsBlock(expectations), ...rest].filter((block) => block !== null).join('\n\n');
}

import { styleText } from 'node:util';
import { padded } from '../../../common/table.ts';
import { wrap } from '../../../common/wrap.ts';
import type { ExpectationDocument } from '../../expect/expectation.ts';

/** What was expected, a line each: held or not, the condition, and what came; empty: nothing was. */
export function expectationLines(expectations: readonly ExpectationDocument[], width: number): string[] {
  if (expectations.length === 0) return [];
  const rows = padded(
    expectations.map(({ condition, holds }) => [holds ? 'held' : 'FAILED', condition]),
    ['left', 'left'],
  );
  return [
    styleText('bold', 'Expected'),
    ...expectations.flatMap(({ holds, says }, index) => {
      const [word = '', condition = ''] = rows[index] ?? [];
      const column = word.length + condition.length + 6;
      const [first = '', ...more] = wrap(says, Math.max(20, width - column));
      return [
        `  ${styleText(holds ? 'green' : 'red', word)}  ${condition}  ${first}`,
        ...more.map((line) => `${' '.repeat(column)}${line}`),
      ];
    }),
  ];
}

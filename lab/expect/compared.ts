import type { Outcome, Reading } from './expectation.ts';

export const OPERATORS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Operator = (typeof OPERATORS)[number];

const COMPARE: Record<Operator, (is: number, than: number) => boolean> = {
  '=': (is, than) => is === than,
  '!=': (is, than) => is !== than,
  '<': (is, than) => is < than,
  '<=': (is, than) => is <= than,
  '>': (is, than) => is > than,
  '>=': (is, than) => is >= than,
};

/** How a number compares with another, or with what a law predicts. What is not known does not hold. */
export function compared(
  reading: Reading = { why: 'nobody measures it here' },
  operator: Operator,
  than: number | { predicted: number | null },
): Outcome {
  if (typeof reading === 'object' && 'why' in reading)
    return { holds: false, measured: null, is: `not measured: ${reading.why}` };
  const measured = typeof reading === 'number' ? reading : reading.atLeast;
  const other = typeof than === 'number' ? than : than.predicted;
  if (other === null) return { holds: false, measured, is: 'no law predicts it' };
  const known = `${measured}${typeof than === 'number' ? '' : `, predicted ${other}`}`;
  if (typeof reading === 'number')
    return { holds: COMPARE[operator](reading, other), measured, is: `it is ${known}` };
  const holds = fromBelow(measured, operator, other);
  const is = `it is at least ${known}`;
  return holds === undefined
    ? { holds: false, measured: null, is: `not measured: ${is}, and perhaps more` }
    : { holds, measured, is };
}

/** What holds for every number from `least` up, or for none of them; undefined: for some. */
function fromBelow(least: number, operator: Operator, than: number): boolean | undefined {
  switch (operator) {
    case '>=':
    case '>':
      return COMPARE[operator](least, than) || undefined;
    case '!=':
      return least > than || undefined;
    case '<':
      return least >= than ? false : undefined;
    case '=':
    case '<=':
      return least > than ? false : undefined;
  }
}

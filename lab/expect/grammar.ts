import { UsageError } from '../../common/errors.ts';
import { shown } from '../../common/shown.ts';
import { CAUSES } from '../verdict/registry.ts';
import { compared, OPERATORS } from './compared.ts';
import type { CauseReading, Expectation, Measured, Outcome } from './expectation.ts';

/** The name of the causes in a condition; every other name is that of a number. */
export const CAUSE = 'cause';

const SIGNS = '=, !=, <, <=, > or >=';
const SIGN = /^(==|=|!=|<=|<|>=|>)?\s*(.*)$/s;
const NUMBER = /^(?:\d{1,9}|predicted)$/;
const CONDITION = /^\s*([A-Za-z][A-Za-z-]*)\s*(==|=|!=|<=|<|>=|>)\s*(\S.*?)\s*$/s;

/** Reads a condition of the command line, such as `failed=0` or `cause=none`. Throws UsageError for anything else, also for a name that is not one of `names`. */
export function readCondition(text: string, names: readonly string[]): Expectation {
  const where = `--expect ${shown(text)}`;
  const [, key, sign = '', value] = CONDITION.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new UsageError(
      `${where}: no condition; allowed: a name, one of ${SIGNS}, and a number, predicted or a cause, e.g. failed=0 or cause=none; names here: ${names.join(', ')}`,
    );
  checkName(key, names, where);
  if (key !== CAUSE) return readNumber(key, { sign, than: value, given: value }, where, text.trim());
  if (sign !== '=' && sign !== '==')
    throw new UsageError(`${where}: causes are not compared by ${sign}; allowed: cause=none, cause=<id>`);
  return readCauses(
    value.split(',').map((one) => one.trim()),
    where,
    text.trim(),
  );
}

/** Reads one entry of a sweep's `expect`; several conditions must all hold. Throws UsageError for anything else. */
export function readExpectation(
  key: string,
  values: readonly string[],
  names: readonly string[],
  where: string,
): Expectation[] {
  checkName(key, names, `${where}: expect`);
  if (key === CAUSE) return [readCauses(values, `${where}: expect.cause`)];
  return values.map((value) => {
    const [, sign = '=', than = ''] = SIGN.exec(value.trim()) ?? [];
    return readNumber(key, { sign, than, given: value.trim() }, `${where}: expect.${key}`);
  });
}

function checkName(key: string, names: readonly string[], where: string): void {
  if (!names.includes(key))
    throw new UsageError(`${where}: unknown key "${shown(key)}"; allowed: ${names.join(', ')}`);
}

function readNumber(
  key: string,
  { sign, than, given }: { sign: string; than: string; given: string },
  where: string,
  condition?: string,
): Expectation {
  const operator = OPERATORS.find((one) => one === sign.replace('==', '='));
  if (operator === undefined || !NUMBER.test(than))
    throw new UsageError(
      `${where}: "${shown(given)}": allowed: a number or predicted, with ${SIGNS} before it, e.g. ">= 100"`,
    );
  const says = `${key} ${operator} ${than}`;
  const check = ({ numbers, predicted }: Measured): Outcome =>
    compared(numbers[key], operator, than === 'predicted' ? { predicted } : Number(than));
  return { key, says, condition: condition ?? says, check };
}

function readCauses(values: readonly string[], where: string, condition?: string): Expectation {
  const known = [...CAUSES.map(({ id }) => id), 'unknown'];
  const wrong = values.find((value) => !known.includes(value) && value !== 'none');
  if (wrong !== undefined || (values.includes('none') && values.length > 1))
    throw new UsageError(
      `${where}: "${shown(wrong ?? values.join(', '))}": allowed: none, or some of ${known.join(', ')}`,
    );
  const says = `cause ${values.join(' and ')}`;
  return {
    key: CAUSE,
    says,
    condition: condition ?? says,
    check: ({ causes }) => foundAmong(causes, values),
  };
}

/** `none`: nothing confirmed, contributing or unknown; else all that are named must be confirmed. */
function foundAmong(causes: CauseReading = { why: 'it was not judged' }, values: readonly string[]): Outcome {
  if ('why' in causes) return { holds: false, measured: null, is: `not measured: ${causes.why}` };
  const { found, contributing, unfinished } = causes;
  const all = [...found, ...contributing.map((cause) => `${cause} (contributing)`)];
  const measured = all.join(' and ') || 'none';
  if (values[0] !== 'none') {
    const holds = values.every((value) => found.includes(value));
    return { holds, measured, is: `it is ${measured}` };
  }
  if (all.length === 0 && unfinished !== undefined)
    return { holds: false, measured: null, is: `not measured: ${unfinished}` };
  return { holds: all.length === 0, measured, is: `it is ${measured}` };
}

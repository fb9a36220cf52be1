import { UsageError } from '../../common/errors.ts';
import { OUTCOMES } from '../../protocol/fleet-events.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import { CAUSES } from '../verdict/registry.ts';
import { shown } from './sweep-schema.ts';

/** One thing that a file expects of a cell. */
export interface Expectation {
  key: string;
  /** As written: `= 0`, `<= predicted`, `fd-exhaustion`. */
  says: string;
  /** True when it came true; `is` tells what came instead. */
  check(document: VerdictDocument): { met: boolean; is: string };
}

/** What can be expected in numbers: users, failed users by outcome, bets. */
const NUMBERS: Record<string, (document: VerdictDocument) => number> = {
  open: ({ users }) => users.open,
  failed: ({ users }) => users.failed,
  lost: ({ bets }) => bets.lost,
  doubled: ({ bets }) => bets.doubled,
  ...Object.fromEntries(
    OUTCOMES.filter((outcome) => outcome !== 'open').map((outcome) => [
      outcome,
      ({ users }: VerdictDocument) =>
        users.by.reduce((sum, group) => sum + (group.outcome === outcome ? group.count : 0), 0),
    ]),
  ),
};

const EXPECT_KEYS = [...Object.keys(NUMBERS), 'cause'];

const COMPARE: Record<string, (is: number, than: number) => boolean> = {
  '=': (is, than) => is === than,
  '!=': (is, than) => is !== than,
  '<': (is, than) => is < than,
  '<=': (is, than) => is <= than,
  '>': (is, than) => is > than,
  '>=': (is, than) => is >= than,
};

const CONDITION = /^(=|==|!=|<|<=|>|>=)?\s*(\d{1,9}|predicted)$/;

/** Reads one entry of `expect`; several conditions must all hold. Throws UsageError for anything else. */
export function readExpectation(key: string, values: readonly string[], where: string): Expectation[] {
  if (key === 'cause') return [readCauses(values, where)];
  const measured = NUMBERS[key];
  if (measured === undefined || !Object.hasOwn(NUMBERS, key))
    throw new UsageError(`${where}: expect: unknown key "${shown(key)}"; allowed: ${EXPECT_KEYS.join(', ')}`);
  return values.map((value) => readNumber(key, measured, value, where));
}

function readNumber(
  key: string,
  measured: (document: VerdictDocument) => number,
  value: string,
  where: string,
): Expectation {
  const [, sign = '=', than] = CONDITION.exec(value.trim()) ?? [];
  if (than === undefined)
    throw new UsageError(
      `${where}: expect.${key}: "${shown(value)}": allowed: a number or predicted, with =, !=, <, <=, > or >= before it, e.g. ">= 100"`,
    );
  const operator = sign === '==' ? '=' : sign;
  return {
    key,
    says: `${key} ${operator} ${than}`,
    check(document) {
      const is = measured(document);
      const other = than === 'predicted' ? document.threshold.predicted : Number(than);
      if (other === null) return { met: false, is: 'no law predicts it' };
      const suffix = than === 'predicted' ? `, predicted ${other}` : '';
      return { met: COMPARE[operator]?.(is, other) === true, is: `${is}${suffix}` };
    },
  };
}

function readCauses(values: readonly string[], where: string): Expectation {
  const known = [...CAUSES.map(({ id }) => id), 'unknown'];
  const wrong = values.find((value) => !known.includes(value) && value !== 'none');
  if (wrong !== undefined || (values.includes('none') && values.length > 1))
    throw new UsageError(
      `${where}: expect.cause: "${shown(wrong ?? values.join(', '))}": allowed: none, or some of ${known.join(', ')}`,
    );
  return {
    key: 'cause',
    says: `cause ${values.join(' and ')}`,
    check(document) {
      const found = causesOf(document);
      const met = values[0] === 'none' ? found.length === 0 : values.every((value) => found.includes(value));
      return { met, is: found.join(' and ') || 'none' };
    },
  };
}

/** Ids of the confirmed causes, and `unknown` where a failure has no cause. */
export function causesOf({ verdicts }: VerdictDocument): string[] {
  return verdicts
    .filter(({ verdict }) => verdict === 'confirmed' || verdict === 'unknown')
    .map(({ cause }) => cause);
}

/** All expectations of a cell as one line; null when it expects nothing. */
export function checkExpectations(
  expectations: readonly Expectation[],
  document: VerdictDocument,
): { says: string; met: boolean } | null {
  if (expectations.length === 0) return null;
  const results = expectations.map(({ says, check }) => ({ says, ...check(document) }));
  return {
    says: results.map(({ says, met, is }) => (met ? says : `${says} (it is ${is})`)).join(', '),
    met: results.every(({ met }) => met),
  };
}

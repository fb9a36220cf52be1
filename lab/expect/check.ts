import type { Expectation, ExpectationDocument, Measured } from './expectation.ts';

/** How each condition came out; of several measurements it must hold for every one. Without any measurement none holds. */
export function checkConditions(
  expectations: readonly Expectation[],
  measured: readonly Measured[],
): ExpectationDocument[] {
  return expectations.map(({ condition, check }) => {
    const each = measured.map((one) => ({ where: one.where, ...check(one) }));
    const holds = each.every((one) => one.holds);
    const failing = each.filter((one) => !one.holds);
    const told = holds ? each : failing;
    const [first] = told;
    if (first === undefined) return { condition, holds: false, measured: null, says: 'not measured' };
    const says = told
      .map(({ where, is }) => (where === undefined ? is : `at ${where} ${is.replace(/^it is /, '')}`))
      .join('; ');
    const several = each.some(({ where }) => where !== undefined);
    return {
      condition,
      holds,
      measured: first.measured,
      says,
      ...(several && {
        each: each.map(({ where = '', holds, measured }) => ({ where, holds, measured })),
      }),
    };
  });
}

/** All expectations of a cell of a sweep as one line; null when it expects nothing. */
export function checkExpectations(
  expectations: readonly Expectation[],
  measured: Measured,
): { says: string; met: boolean } | null {
  if (expectations.length === 0) return null;
  const results = expectations.map(({ says, check }) => ({ says, ...check(measured) }));
  return {
    says: results.map(({ says, holds, is }) => (holds ? says : `${says} (${is})`)).join(', '),
    met: results.every(({ holds }) => holds),
  };
}

import { styleText } from 'node:util';
import { shortened, wrap } from '../../../common/wrap.ts';
import type { EvidenceItem } from '../../causes/shared/verdict-types.ts';
import { SUSPECTS } from '../../verdict/registry.ts';

interface Judged {
  cause: string;
  verdict: string;
  against: readonly Pick<EvidenceItem, 'says'>[];
}

/** What was ruled out: each suspect with the reason, of the others how many. */
export interface RuledOut {
  suspects: readonly { cause: string; says: string }[];
  more: number;
}

/** What was ruled out. */
export function ruledOutOf(verdicts: readonly Judged[]): RuledOut {
  const refuted = verdicts.filter(({ verdict }) => verdict === 'refuted');
  const suspects = refuted.filter(({ cause }) => SUSPECTS.some(({ id }) => id === cause));
  return {
    suspects: suspects.map(({ cause, against: [first] }) => ({ cause, says: first?.says ?? '' })),
    more: refuted.length - suspects.length,
  };
}

/** The causes that could not be decided. */
export function undecidedOf(verdicts: readonly Pick<Judged, 'cause' | 'verdict'>[]): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'insufficient-data').map(({ cause }) => cause);
}

/** How many were ruled out beyond those that are named. */
export function moreWords({ suspects, more }: RuledOut): string {
  return `${more} ${suspects.length > 0 ? 'more' : 'causes'}`;
}

/** What was ruled out, a line each, no wider than that. */
export function ruledOutLines(ruledOut: RuledOut, width: number): string[] {
  const { suspects, more } = ruledOut;
  if (suspects.length + more === 0) return [];
  const column = Math.max(...suspects.map(({ cause }) => cause.length), 0) + 2;
  return [
    styleText('bold', 'Ruled out'),
    ...suspects.map(
      ({ cause, says }) =>
        `  ${styleText('green', cause.padEnd(column))}${shortened(says, width - column - 2)}`,
    ),
    ...(more > 0 ? [`  ${moreWords(ruledOut).padEnd(column)}--verbose lists them`] : []),
  ];
}

/** What could not be decided. */
export function undecidedLines(causes: readonly string[], width: number): string[] {
  if (causes.length === 0) return [];
  return [
    styleText('bold', 'Not enough data'),
    ...wrap(causes.join(', '), width - 2).map((line) => `  ${line}`),
  ];
}

import { styleText } from 'node:util';
import { shortened, widthOf, wrap } from '../../../common/wrap.ts';
import type { EvidenceItem } from '../../causes/shared/verdict-types.ts';
import { SUSPECTS } from '../../verdict/registry.ts';

interface RuledOut {
  cause: string;
  verdict: string;
  against: readonly EvidenceItem[];
}

/** What was ruled out: each suspect with the reason in one line, of the others how many. */
export function ruledOutLines(
  verdicts: readonly RuledOut[],
  inWords: (text: string) => string = (text) => text,
  width: number = widthOf(),
): string[] {
  const refuted = verdicts.filter(({ verdict }) => verdict === 'refuted');
  const suspects = refuted.filter(({ cause }) => SUSPECTS.some(({ id }) => id === cause));
  if (refuted.length === 0) return [];
  const column = Math.max(...suspects.map(({ cause }) => cause.length), 0) + 2;
  const rest = refuted.length - suspects.length;
  return [
    styleText('bold', 'Ruled out'),
    ...suspects.map(
      ({ cause, against: [first] }) =>
        `  ${styleText('green', cause.padEnd(column))}${shortened(inWords(first?.says ?? ''), width - column - 2)}`,
    ),
    ...(rest > 0
      ? [`  ${`${rest} ${suspects.length > 0 ? 'more' : 'causes'}`.padEnd(column)}--verbose lists them`]
      : []),
  ];
}

/** What could not be decided: the causes, and how to see more. */
export function undecidedLines(
  verdicts: readonly Pick<RuledOut, 'cause' | 'verdict'>[],
  width: number = widthOf(),
): string[] {
  const open = verdicts.filter(({ verdict }) => verdict === 'insufficient-data').map(({ cause }) => cause);
  if (open.length === 0) return [];
  return [
    styleText('bold', 'Not enough data'),
    ...wrap(open.join(', '), width - 2).map((line) => `  ${line}`),
  ];
}

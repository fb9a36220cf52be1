import { styleText } from 'node:util';
import type { EvidenceItem, Verdict, VerdictWord } from '../causes/shared/verdict-types.ts';
import { SUSPECTS } from '../verdict/registry.ts';
import type { Failures } from './text/found.ts';
import type { ToldItem, ToldVerdict } from './text/told-verdict.ts';

const COLOUR = {
  confirmed: 'red',
  contributing: 'yellow',
  refuted: 'green',
  'insufficient-data': 'yellow',
  unknown: 'magenta',
} as const satisfies Record<VerdictWord, string>;

/** A verdict's word as a person reads it. */
export const WORDS = {
  confirmed: 'confirmed',
  contributing: 'contributing',
  refuted: 'ruled out',
  'insufficient-data': 'not enough data',
  unknown: 'unknown',
} as const satisfies Record<VerdictWord, string>;

/** Found first, ruled out last. */
const ORDER: readonly VerdictWord[] = [
  'confirmed',
  'unknown',
  'contributing',
  'insufficient-data',
  'refuted',
];

/** Found first and the largest share first, ruled out last. */
export function inOrderOfWords<T extends Pick<Verdict, 'verdict' | 'explains'>>(verdicts: readonly T[]): T[] {
  return verdicts.toSorted(
    (a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || b.explains - a.explains,
  );
}

/** Every verdict with all its evidence, in their order; the command that shows the same by hand below its item. */
export function allLines(verdicts: readonly ToldVerdict[], { noun }: Failures): string[] {
  return verdicts.flatMap((verdict) => verdictLines(verdict, noun));
}

function verdictLines(
  { cause, under, verdict, explains, for: pro, against }: ToldVerdict,
  noun: string,
): string[] {
  const part = under ? `  part of ${under}` : '';
  const share = explains > 0 ? `  ${explains} ${noun}` : '';
  return [
    `${styleText([COLOUR[verdict], 'bold'], WORDS[verdict].padEnd(16))}${styleText('bold', cause)}${share}${part}`,
    ...pro.flatMap((item) => itemLines('+', item)),
    ...against.flatMap((item) => itemLines('−', item)),
  ];
}

function itemLines(sign: string, item: ToldItem): string[] {
  const { name, source, byHand } = item;
  return [
    `  ${sign} ${sentenceOf(item)}  ${styleText('dim', `[${name}: ${changeOf(item)}; ${source}]`)}`,
    ...(byHand === undefined ? [] : [`      ${styleText('dim', `$ ${byHand}`)}`]),
  ];
}

/** What an item says, and what would be if it were otherwise. */
export function sentenceOf({ says, otherwise }: EvidenceItem): string {
  return otherwise ? `${says}; otherwise: ${otherwise}` : says;
}

/** Its figures: `0 → 427 of 512`. */
function changeOf({ before, after, limit }: EvidenceItem): string {
  const change = before === null ? `${after ?? '?'}` : `${before} → ${after ?? '?'}`;
  return limit === undefined ? change : `${change} of ${limit}`;
}

/** Was it ruled out, and is no suspect? Such verdicts are told of together. */
export function isFolded({ cause, verdict }: Pick<Verdict, 'cause' | 'verdict'>): boolean {
  return verdict === 'refuted' && SUSPECTS.every(({ id }) => id !== cause);
}

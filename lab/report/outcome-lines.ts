import { styleText } from 'node:util';
import type { EvidenceItem, Verdict, VerdictWord } from '../causes/shared/verdict-types.ts';
import { SUSPECTS } from '../verdict/registry.ts';

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

type Shown<Item extends EvidenceItem> = Omit<Verdict<Item>, 'share'> & { share?: number };

/** Every verdict with all its evidence, found first and ruled out last: `aside` at the end of an item, `below` it. */
export function allLines<Item extends EvidenceItem>(
  verdicts: readonly Shown<Item>[],
  aside: (item: Item) => string,
  below: (item: Item) => string[] = () => [],
): string[] {
  return verdicts
    .toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || b.explains - a.explains)
    .flatMap((verdict) => verdictLines(verdict, aside, below));
}

function verdictLines<Item extends EvidenceItem>(
  { cause, under, verdict, explains, for: pro, against }: Shown<Item>,
  aside: (item: Item) => string,
  below: (item: Item) => string[],
): string[] {
  const itemLines = (sign: string) => (item: Item) => [
    `  ${sign} ${sentenceOf(item)}  ${styleText('dim', `[${item.name}: ${changeOf(item)}${aside(item)}]`)}`,
    ...below(item),
  ];
  const part = under ? `  part of ${under}` : '';
  const share = explains > 0 ? `  ${explains} failures` : '';
  return [
    `${styleText([COLOUR[verdict], 'bold'], WORDS[verdict].padEnd(16))}${styleText('bold', cause)}${share}${part}`,
    ...pro.flatMap(itemLines('+')),
    ...against.flatMap(itemLines('−')),
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

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

/** A verdict's word in its colour, or another label in that, and what it is said of. */
export function wordLine(word: VerdictWord, of: string, label: string = word): string {
  return `${styleText([COLOUR[word], 'bold'], label.padEnd(18))}${of}`;
}

/** A verdict with its items, a line each: `explains` after the cause, `aside` at the end of an item, `below` it. */
export function verdictLines<Item extends EvidenceItem>(
  {
    cause,
    under,
    verdict,
    for: pro,
    against,
  }: Omit<Verdict, 'share' | 'for' | 'against'> & {
    for: readonly Item[];
    against: readonly Item[];
  },
  explains: string,
  aside: (item: Item) => string,
  below: (item: Item) => string[] = () => [],
): string[] {
  const itemLines = (sign: string) => (item: Item) => [
    `  ${sign} ${sentenceOf(item)}  ${styleText('dim', `[${item.name}: ${changeOf(item)}${aside(item)}]`)}`,
    ...below(item),
  ];
  const form = under ? `  a form of ${under}` : '';
  return [
    wordLine(verdict, `${styleText('bold', cause)}${explains}${form}`),
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

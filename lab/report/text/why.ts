import { styleText } from 'node:util';
import { padded } from '../../../common/table.ts';
import { shortened, widthOf, wrap } from '../../../common/wrap.ts';
import type { EvidenceItem } from '../../causes/shared/verdict-types.ts';
import { namedCauses, type Told } from './found.ts';

const HEADS = ['before', 'after', 'limit', 'source'] as const;
const GAP = '  ';
/** Narrower, and a sentence is a column of words: then its figures stand below it. */
const LEAST = 36;
/** Longer, and a name of a file pushes the sentence out of sight. */
const SOURCE = 34;

/** An item, with the command that shows the same by hand. */
export type WhyItem = EvidenceItem & { byHand?: string };

/** Why a cause holds: its evidence as a table of what was read before and after, the limit, and where. */
export function whyLines(
  cause: string,
  items: readonly WhyItem[],
  inWords: (text: string) => string = (text) => text,
  width: number = widthOf(),
): string[] {
  if (items.length === 0) return [];
  const cells = items.map((item) => figures(item));
  const used = HEADS.map((_, column) => cells.some((row) => row[column] !== ''));
  const shown = (row: readonly string[]) => row.filter((_, column) => used[column]);
  const table = padded([shown(HEADS), ...cells.map(shown)], sides(used)).map((row) => row.join(GAP));
  const says = width - 2 - GAP.length - (table[0]?.length ?? 0);
  const title = `Why ${cause}`;
  if (says < LEAST)
    return [styleText('bold', title), ...items.flatMap((item) => below(item, inWords, width))];
  const [heads = '', ...rows] = table;
  return [
    `${styleText('bold', title.padEnd(says + 2))}${GAP}${styleText('dim', heads.trimEnd())}`,
    ...items.flatMap((item, index) => {
      const [first = '', ...more] = wrap(inWords(item.says), says);
      return [
        `  ${first.padEnd(says)}${GAP}${(rows[index] ?? '').trimEnd()}`.trimEnd(),
        ...more.map((line) => `  ${line}`),
        ...byHand(item),
      ];
    }),
  ];
}

/** The same of each cause that is named, then of what is unknown or contributing; a block each. */
export function whyNamed(
  verdicts: readonly (Told & { for: readonly WhyItem[] })[],
  inWords: ((text: string) => string) | undefined,
  width: number,
): string[][] {
  const others = verdicts.filter(({ verdict }) => verdict === 'unknown' || verdict === 'contributing');
  return [...namedCauses(verdicts), ...others].map(({ cause, for: pro }) =>
    whyLines(cause, pro, inWords, width),
  );
}

function sides(used: readonly boolean[]): ('left' | 'right')[] {
  return HEADS.flatMap((head, column) => (used[column] ? [head === 'source' ? 'left' : 'right'] : []));
}

/** What did not move is told once. */
function figures({ before, after, limit, source }: EvidenceItem): [string, string, string, string] {
  const moved = before !== null && before !== after;
  return [
    moved ? `${before}` : '',
    after === null ? '' : `${after}`,
    limit === undefined ? '' : `${limit}`,
    source === 'law' ? 'predicted by a law' : shortened(source, SOURCE),
  ];
}

function below(item: WhyItem, inWords: (text: string) => string, width: number): string[] {
  const [before, after, limit, source] = figures(item);
  const moved = before === '' ? after : `${before} → ${after}`;
  const of = [moved, limit === '' ? '' : `limit ${limit}`, source].filter(Boolean).join(', ');
  return [
    ...wrap(inWords(item.says), width - 2).map((line) => `  ${line}`),
    `    ${styleText('dim', of)}`,
    ...byHand(item),
  ];
}

function byHand({ byHand: command }: WhyItem): string[] {
  return command === undefined ? [] : [`    ${styleText('dim', `$ ${command}`)}`];
}

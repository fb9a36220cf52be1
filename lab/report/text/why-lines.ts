import { styleText } from 'node:util';
import { padded } from '../../../common/table.ts';
import { shortened, wrap } from '../../../common/wrap.ts';
import type { ToldItem } from './told-verdict.ts';
import { figuresOf, sideOf, usedColumns, WHY_HEADS, type Why } from './why.ts';

const GAP = '  ';
/** Narrower, and a sentence is a column of words: then its figures stand below it. */
const LEAST = 36;
/** Longer, and a name of a file pushes the sentence out of sight. */
const SOURCE = 34;

/** Why a cause holds: its evidence as a table of what was read before and after, the limit, and where. */
export function whyLines({ cause, items }: Why, width: number): string[] {
  const cells = items.map((item) => figures(item));
  const used = usedColumns(cells);
  const shown = (row: readonly string[]) => row.filter((_, column) => used[column]);
  const sides = WHY_HEADS.filter((_, column) => used[column]).map(sideOf);
  const table = padded([shown(WHY_HEADS), ...cells.map(shown)], sides).map((row) => row.join(GAP));
  const says = width - 2 - GAP.length - (table[0]?.length ?? 0);
  const title = `Why ${cause}`;
  if (says < LEAST) return [styleText('bold', title), ...items.flatMap((item) => below(item, width))];
  const [heads = '', ...rows] = table;
  return [
    `${styleText('bold', title.padEnd(says + 2))}${GAP}${styleText('dim', heads.trimEnd())}`,
    ...items.flatMap((item, index) => {
      const [first = '', ...more] = wrap(item.says, says);
      return [
        `  ${first.padEnd(says)}${GAP}${(rows[index] ?? '').trimEnd()}`.trimEnd(),
        ...more.map((line) => `  ${line}`),
        ...byHand(item),
      ];
    }),
  ];
}

function figures(item: ToldItem): [string, string, string, string] {
  const [before, after, limit, source] = figuresOf(item);
  return [before, after, limit, shortened(source, SOURCE)];
}

function below(item: ToldItem, width: number): string[] {
  const [before, after, limit, source] = figures(item);
  const moved = before === '' ? after : `${before} → ${after}`;
  const of = [moved, limit === '' ? '' : `limit ${limit}`, source].filter(Boolean).join(', ');
  return [
    ...wrap(item.says, width - 2).map((line) => `  ${line}`),
    `    ${styleText('dim', of)}`,
    ...byHand(item),
  ];
}

function byHand({ byHand: command }: ToldItem): string[] {
  return command === undefined ? [] : [`    ${styleText('dim', `$ ${command}`)}`];
}

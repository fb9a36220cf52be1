import type { EvidenceItem } from '../../causes/shared/verdict-types.ts';
import { namedCauses, type Told } from './found.ts';
import type { ToldItem } from './told-verdict.ts';

/** The columns beside what an item says. */
export const WHY_HEADS = ['before', 'after', 'limit', 'source'] as const;

/** Why a cause holds. */
export interface Why {
  cause: string;
  items: readonly ToldItem[];
}

/** The evidence for each cause that is named, then for what is unknown or contributing. */
export function whyOf(verdicts: readonly (Told & { for: readonly ToldItem[] })[]): Why[] {
  const others = verdicts.filter(({ verdict }) => verdict === 'unknown' || verdict === 'contributing');
  return [...namedCauses(verdicts), ...others]
    .filter(({ for: pro }) => pro.length > 0)
    .map(({ cause, for: pro }) => ({ cause, items: pro }));
}

/** An item's figures, by WHY_HEADS; what nobody read is empty, and what did not move is told once. */
export function figuresOf({ before, after, limit, source }: EvidenceItem): [string, string, string, string] {
  const moved = before !== null && before !== after;
  return [
    moved ? `${before}` : '',
    after === null ? '' : `${after}`,
    limit === undefined ? '' : `${limit}`,
    source === 'law' ? 'predicted by a law' : source,
  ];
}

/** Which of the columns hold anything. */
export function usedColumns(rows: readonly (readonly string[])[]): boolean[] {
  return WHY_HEADS.map((_, column) => rows.some((row) => row[column] !== ''));
}

/** To which side each column is set: numbers to the right. */
export function sideOf(head: (typeof WHY_HEADS)[number]): 'left' | 'right' {
  return head === 'source' ? 'left' : 'right';
}

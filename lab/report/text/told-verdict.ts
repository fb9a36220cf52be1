import type { EvidenceItem, Verdict } from '../../causes/shared/verdict-types.ts';
import { CAUSES } from '../../verdict/registry.ts';

/** Puts a sentence in the words of this server. */
export type InWords = (text: string) => string;

/** An item, with the command that shows the same by hand where there is one. */
export type ToldItem = EvidenceItem & { byHand?: string };

/** A verdict as it is told; `share` is absent where nobody counted the failures, `title` where the cause is none of ours. */
export type ToldVerdict = Omit<Verdict<ToldItem>, 'share'> & { share?: number; title?: string };

/** What a cause means, in a few words; undefined: it is none of ours. */
export function titleOf(cause: string, inWords: InWords): string | undefined {
  const title = CAUSES.find(({ id }) => id === cause)?.title;
  return title === undefined ? undefined : inWords(title);
}

/** A verdict with what its cause means, all of it in words for this server. */
export function titled(verdict: ToldVerdict, inWords: InWords = (text) => text): ToldVerdict {
  const told = (item: ToldItem): ToldItem => ({
    ...item,
    name: inWords(item.name),
    says: inWords(item.says),
    ...(item.otherwise !== undefined && { otherwise: inWords(item.otherwise) }),
  });
  const title = titleOf(verdict.cause, inWords);
  return {
    ...verdict,
    ...(title !== undefined && { title }),
    for: verdict.for.map(told),
    against: verdict.against.map(told),
  };
}

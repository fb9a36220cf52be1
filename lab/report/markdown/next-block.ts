import { type Next, nextWords } from '../../../common/next.ts';
import { markdownCode, markdownText } from './inline.ts';

/** What helps most now, as Markdown; null: nothing. */
export function nextBlock(next: Next | undefined): string | null {
  if (next === undefined) return null;
  const { lead, take, gives } = nextWords(next);
  return `**Next:** ${lead}${markdownCode(take)} ${markdownText(gives)}`;
}

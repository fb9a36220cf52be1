import { splitAST } from 'sentence-splitter';
import { type Part, type Rule, textOf } from './rule.ts';

/** Words that a sentence may have. */
export const MOST_WORDS = 35;

/** Sentences of paragraphs and lists; cells of tables and code are none. */
export const sentenceLength: Rule = ({ Syntax, RuleError, report }) => ({
  [Syntax.Paragraph](paragraph) {
    // Made for the same tree of an earlier release, whose types differ in `readonly` alone.
    const sentences = splitAST(paragraph as never).children.filter(({ type }) => type === 'Sentence');
    for (const sentence of sentences) {
      const words = textOf(sentence as unknown as Part).match(/[\p{L}\p{N}]\S*/gu)?.length ?? 0;
      if (words <= MOST_WORDS) continue;
      const index = sentence.range[0] - paragraph.range[0];
      report(
        paragraph,
        new RuleError(`a sentence of ${words} words, at most ${MOST_WORDS}: split it`, { index }),
      );
    }
  },
});

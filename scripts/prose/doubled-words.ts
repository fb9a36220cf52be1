import type { Rule } from './rule.ts';

/** A word that stands twice in a row, over the end of a line as well. */
export const doubledWords: Rule = ({ Syntax, RuleError, report, getSource }) => ({
  [Syntax.Str](text) {
    for (const { 0: both, 1: word, index } of getSource(text).matchAll(/\b(\p{L}+)\s+\1\b/giu))
      report(text, new RuleError(`“${both.replace(/\s+/g, ' ')}”: once “${word}”`, { index }));
  },
});

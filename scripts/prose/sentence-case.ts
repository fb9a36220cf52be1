import { type Rule, textOf } from './rule.ts';

/** Names that have a capital letter anywhere. */
const NAMES = new Set([
  'Darwin',
  'Debian',
  'Desktop',
  'Docker',
  'GitHub',
  'Go',
  'Hub',
  'Kubernetes',
  'Linux',
  'Mac',
  'Markdown',
  'Node',
  'Python',
]);

/** Headings have a capital letter at the start, and in names and acronyms. */
export const sentenceCase: Rule = ({ Syntax, RuleError, report }) => ({
  [Syntax.Header](heading) {
    // The number of a heading is no word of it.
    const [, ...words] = textOf(heading, '')
      .replace(/^[\d.]+\s+/, '')
      .split(/[\s-]+/);
    for (const word of words) {
      const [plain = ''] = word.match(/\p{L}+/u) ?? [];
      if (/^\p{Lu}\p{Ll}/u.test(plain) && !NAMES.has(plain))
        report(heading, new RuleError(`“${plain}” in a heading: “${plain.toLowerCase()}”`));
    }
  },
});

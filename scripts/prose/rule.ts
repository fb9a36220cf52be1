import type { TextlintRuleModule } from '@textlint/kernel';

/** A rule of our own: it reports, and changes nothing. */
export type Rule = Extract<TextlintRuleModule, (...args: never) => unknown>;
type Context = Parameters<Rule>[0];
/** A part of a page: a paragraph, a heading, a word. */
export type Part = Parameters<Context['getSource']>[0] & object;

/**
 * The text of a part as a reader takes it in: a name in code counts as one word, whatever stands in it. `plain` says what
 * stands for it.
 */
export function textOf(part: Part, plain = 'code'): string {
  if (part.type === 'Code' || part.type === 'Image') return plain;
  if ('children' in part) return (part.children as Part[]).map((child) => textOf(child, plain)).join('');
  return 'value' in part && part.type !== 'Html' ? String(part.value) : '';
}

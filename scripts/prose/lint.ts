import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import terminology from 'textlint-rule-terminology';
import { doubledWords } from './doubled-words.ts';
import { pageLength } from './page-length.ts';
import { sentenceCase } from './sentence-case.ts';
import { sentenceLength } from './sentence-length.ts';
import { TERMS } from './words.ts';

/** What a rule says about a place of a page; line and column count from 1. */
export interface Finding {
  line: number;
  column: number;
  rule: string;
  message: string;
}

const kernel = new TextlintKernel();

/** Reads a page of Markdown, whose name tells which limits hold. Gives what the rules of docs/testing.md find, by line. */
export async function lint(page: string, text: string): Promise<Finding[]> {
  const { messages } = await kernel.lintText(text, {
    ext: '.md',
    filePath: page,
    plugins: [{ pluginId: 'markdown', plugin: markdown.default }],
    rules: [
      { ruleId: 'words', rule: terminology, options: { defaultTerms: false, terms: TERMS } },
      { ruleId: 'sentence-length', rule: sentenceLength },
      { ruleId: 'doubled-words', rule: doubledWords },
      { ruleId: 'sentence-case', rule: sentenceCase },
      { ruleId: 'page-length', rule: pageLength },
    ],
  });
  return messages.map(({ loc, ruleId, message }) => ({
    line: loc.start.line,
    column: loc.start.column,
    rule: ruleId,
    message,
  }));
}

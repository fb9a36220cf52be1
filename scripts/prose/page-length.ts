import type { Rule } from './rule.ts';

/** Lines that a page may have. */
export const MOST_LINES = 200;
export const MOST_LINES_README = 150;

/** Comments of HTML, which no reader sees. */
const UNSEEN = /^ *<!--[\s\S]*?-->\n/gm;

/** A page that is longer is two pages. */
export const pageLength: Rule = ({ Syntax, RuleError, report, getFilePath, getSource }) => ({
  [Syntax.Document](page) {
    const most = getFilePath()?.endsWith('README.md') ? MOST_LINES_README : MOST_LINES;
    const lines = getSource(page).replace(UNSEEN, '').trimEnd().split('\n').length;
    if (lines > most) report(page, new RuleError(`a page of ${lines} lines, at most ${most}: divide it`));
  },
});

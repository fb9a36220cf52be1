/**
 * Words that come from elsewhere (names of servers, lines of logs) as GitHub-flavoured Markdown that shows them as they are. A backslash
 * does not keep GitHub from all it reads into a text: it looks for `@name`, `#12`, addresses, `:emoji:` and `$formula$` in what is left
 * when Markdown has been taken away. In code it looks for nothing. So a word in which anything could be read is set as code, and what
 * ends code or a cell of a table stands beside it as an entity.
 */

/** Where a line would end, and what changes the order in which others are shown (Unicode's bidirectional controls). */
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu;
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Markup wherever it stands. */
const MARKUP = /[\\<>&[\]*~$@]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|:\/\/|#\d|:[\w+-]+:/u;
/** What is made a link without markup: an address, and what GitHub takes for an issue or a commit. */
const LINKS = /\bwww\.|\b(?:mailto|xmpp):|\bGH-\d|\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40}\b/i;
/** What begins a list, a rule or an underline when it is the first word, and what ends a heading when it is the last. */
const OPENS = /^(?:[-+=]+|\d{1,9}[.)])$/;
const CLOSES = /^#+$/;

const ENTITIES: Record<string, string> = { '|': '&#124;', '`': '&#96;' };
/** Around a word, and no part of it. */
const AROUND = /^(["'(]*)(.*?)([)"'.,;:!?]*)$/su;

/** A text as one line of Markdown that shows it as it is. */
export function markdownText(text: string): string {
  return oneLine(text)
    .split(' ')
    .map((word, index) => markdownWord(word, index === 0))
    .join(' ');
}

/** The same in a cell of a table, where nothing begins a block. */
export function markdownCell(text: string): string {
  return oneLine(text)
    .split(' ')
    .map((word) => markdownWord(word, false))
    .join(' ');
}

/** A text as code, also in a table: for names and commands. */
export function markdownCode(text: string): string {
  return inCode(oneLine(text));
}

/** A text as one line: nothing of it begins another. */
export function oneLine(text: string): string {
  return text.replace(BREAKS, ' ').replace(DIRECTIONS, '').replace(/ {2,}/g, ' ').trim();
}

function markdownWord(word: string, first: boolean): string {
  if (MARKUP.test(word) || LINKS.test(word) || CLOSES.test(word) || (first && OPENS.test(word))) {
    const [, before = '', inside = '', after = ''] = AROUND.exec(word) ?? [];
    return inside === '' ? inCode(word) : `${before}${inCode(inside)}${after}`;
  }
  return word.replace(/[|`]/g, entityOf);
}

/** What ends code, or a cell of a table, stands beside it; so do spaces at its edges, which may be taken away. */
function inCode(text: string): string {
  return text
    .split(/(\s*[|`]+\s*)/)
    .map((part) => {
      const inside = part.trim();
      if (inside === '' || /[|`]/.test(inside)) return part.replace(/[|`]/g, entityOf);
      return part.replace(inside, () => `\`${inside}\``);
    })
    .join('');
}

function entityOf(sign: string): string {
  return ENTITIES[sign] ?? sign;
}

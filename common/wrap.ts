import { stripVTControlCharacters } from 'node:util';

/** Neither a wall of words nor a column of syllables. */
const [NARROW, WIDE, ELSEWHERE] = [60, 160, 120];

/** So many columns a line may have: those of the terminal, within bounds; where there is no terminal, COLUMNS, else 120. */
export function widthOf({ columns }: { columns?: number | undefined } = process.stdout): number {
  const told = Number(process.env.COLUMNS);
  return Math.min(WIDE, Math.max(NARROW, columns ?? (told > 0 ? told : ELSEWHERE)));
}

/** Colours take no room. */
const shown = (text: string) => stripVTControlCharacters(text).length;

/** The words of a text in lines of at most so many characters; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && shown(last) + 1 + shown(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A text as one line of at most so many characters: at the end of a word, with `…` where some is left out. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const [first = ''] = wrap(text, width - 1);
  return `${first.length > width - 1 ? first.slice(0, width - 1) : first.replace(/[,;:]$/, '')}…`;
}

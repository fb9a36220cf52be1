import { styleText } from 'node:util';
import { widthOf, wrap } from '../../../common/wrap.ts';

/** The label's column. */
const LABEL = 9;

type Style = Parameters<typeof styleText>[0];

/** A label in its style, and a text beside it, in as many lines as the width takes. */
export function labelled(label: string, style: Style, text: string, width: number = widthOf()): string[] {
  const [first = '', ...more] = wrap(text, width - LABEL);
  return [
    `${styleText(style, label.padEnd(LABEL))}${first}`,
    ...more.map((line) => `${' '.repeat(LABEL)}${line}`),
  ];
}

/** Rows of a label and a text, the texts in a column of their own, in as many lines as the width takes; no label: it goes on. */
export function labelledRows(rows: readonly (readonly [string, string])[], width: number): string[] {
  const label = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.flatMap(([name, text]) =>
    wrap(text, width - label).map((line, index) => `${(index === 0 ? name : '').padEnd(label)}${line}`),
  );
}

/** Blocks of lines with an empty line before each; those without a line are left out. */
export function inBlocks(blocks: readonly (readonly string[])[]): string {
  const filled = blocks.filter((lines) => lines.length > 0);
  return `\n${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

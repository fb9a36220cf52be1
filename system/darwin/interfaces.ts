import type { Counters } from '../counters.ts';

/** The first column that is a figure. Before it, a row may have no address, or one of several words. */
const FIRST = 'Ipkts';

/**
 * `netstat -i`, or `-I lo0`, with or without -b and -d: figures of each interface by the heading above them, as `darwin lo0 Ierrs`. Only the
 * link's own row is read: the others repeat it for each address. Undefined for other text.
 */
export function parseInterfaces(text: string): Counters | undefined {
  const counters: Counters = {};
  let columns: readonly string[] | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'Name' && words.includes(FIRST)) columns = words.slice(words.indexOf(FIRST));
    else if (columns && words[2]?.startsWith('<Link#')) {
      const name = (words[0] as string).replace(/\*$/, '');
      for (const [column, value] of figures(words, columns)) counters[`darwin ${name} ${column}`] = value;
    }
  }
  return Object.keys(counters).length > 0 ? counters : undefined;
}

/** Counted from the end of the row. A `-` is no figure; a row that is too short has none. */
function figures(words: readonly string[], columns: readonly string[]): [string, number][] {
  const cells = words.slice(3).slice(-columns.length);
  if (cells.length < columns.length) return [];
  return columns.flatMap((column, index) => {
    const cell = cells[index] as string;
    return /^\d+$/.test(cell) && Number.isSafeInteger(Number(cell)) ? [[column, Number(cell)]] : [];
  });
}

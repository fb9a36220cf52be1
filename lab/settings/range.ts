import { UsageError } from '../../common/errors.ts';

/** More values than this are a typing error, not an experiment. */
export const MOST_VALUES = 1000;

const NUMBER = String.raw`(\d{1,10}(?:\.\d{1,3})?)`;
const RANGE = new RegExp(String.raw`^${NUMBER}\s*\.\.\s*${NUMBER}\s*([*+])\s*${NUMBER}$`);

/** Steps are counted in thousandths, so that 0.1 + 0.2 is 0.3. */
const SCALE = 1000;

const ALLOWED = 'values separated by commas, and ranges such as 64..8192*2 or 10..50+10';

/**
 * The values of a list such as `64..8192*2`, `10..50+10`, `8,16,128` or a mixture, in the order given, each once, as
 * text. A range holds its first number and every step up to its last one, which it holds only when a step meets it.
 * An item without `..` is taken as it is (`40000-40099`, `500ms`). `where` names the place in errors. Throws
 * UsageError, in one line, for an empty item, a range that cannot be read or runs backwards, and over 1000 values.
 */
export function parseRange(text: string, where: string): string[] {
  const bad = (why: string) => new UsageError(`${where}: "${shown(text)}": ${why}; allowed: ${ALLOWED}`);
  const values = new Set<string>();
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') throw bad(text.trim() === '' ? 'no value' : 'an empty item between commas');
    const more = item.includes('..') ? expand(item, bad) : [item];
    for (const value of more) {
      values.add(value);
      if (values.size > MOST_VALUES) throw bad(`over ${MOST_VALUES} values`);
    }
  }
  return [...values];
}

function* expand(item: string, bad: (why: string) => UsageError): Generator<string> {
  const match = RANGE.exec(item);
  if (match === null) throw bad(`"${shown(item)}" is not a range (first..last*factor or first..last+step)`);
  const [first, last, step] = [match[1], match[2], match[4]].map((part) =>
    Math.round(Number(part) * SCALE),
  ) as [number, number, number];
  const times = match[3] === '*';
  if (first > last) throw bad(`"${item}" runs backwards`);
  if (times && (step % SCALE !== 0 || step < 2 * SCALE))
    throw bad(`"${item}": the factor must be a whole number from 2`);
  if (times && first === 0) throw bad(`"${item}": a factor never leaves 0`);
  if (!times && step === 0) throw bad(`"${item}": the step must be above 0`);
  for (let value = first; value <= last; value = times ? (value * step) / SCALE : value + step)
    yield String(value / SCALE);
}

/** One line, however long or odd the text. */
function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

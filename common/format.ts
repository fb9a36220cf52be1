import { relative } from 'node:path';

/** `1 user`, `2 users`, `2 processes`, `2 entries`. */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : plural(noun)}`;
}

function plural(noun: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(noun)) return `${noun}es`;
  return /[^aeiou]y$/.test(noun) ? noun.replace(/y$/, 'ies') : `${noun}s`;
}

/** Milliseconds as a person reads them: `12 ms`, `3.4 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A part from 0 to 1 as `12.3 %`, without a fraction that is 0. */
export function percent(part: number): string {
  return `${Math.round(part * 1000) / 10} %`;
}

/** A path as it is shortest from the current folder, which itself is `.`. */
export function fromHere(path: string): string {
  const near = relative(process.cwd(), path) || '.';
  return near.startsWith('..') ? path : near;
}

import type { Counters } from '../counters.ts';

/** A line of `netstat -s` as its printf has it, without what is before the first figure, and the name of each figure. */
export interface StatisticsLine {
  format: string;
  names: readonly string[];
}

/** Reads the figures of all lines that have one of these formats; the first such line counts. Other lines are passed over. */
export function readStatistics(text: string, lines: readonly StatisticsLine[]): Counters {
  const counters: Counters = {};
  const patterns = lines.map(({ format, names }) => ({ pattern: patternOf(format), names }));
  for (const line of text.split('\n')) {
    for (const { pattern, names } of patterns) {
      const figures = pattern.exec(line)?.slice(1).map(Number);
      if (figures?.length !== names.length || !figures.every(Number.isSafeInteger)) continue;
      for (const [index, name] of names.entries()) counters[name] ??= figures[index] as number;
    }
  }
  return counters;
}

/** `%u` and `%llu` are figures, `%s` is what makes a plural. */
function patternOf(format: string): RegExp {
  const source = format
    .replace(/[()[\].*+?^$|\\]/g, '\\$&')
    .replace(/%(?:ll)?u/g, '(\\d+)')
    .replace(/%s/g, '(?:s|es)?');
  return new RegExp(`^\\s*${source}\\s*$`);
}

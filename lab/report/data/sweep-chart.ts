import type { SweepCell, SweepDocument } from '../../sweep/sweep-document.ts';
import type { Chart, Series } from '../chart.ts';
import { upFromZero } from './axis.ts';
import { numberOf, valueAxis } from './threshold-charts.ts';

/** Of the combinations, where there are several; more lines nobody can tell apart. */
const TONES = ['open', 'kernel', 'robots'] as const;

/** Users open and failed against the number that varies most; `left`: the other combinations that have no line in it. */
export function sweepChart({ cells }: SweepDocument): { chart: Chart; left: number } | null {
  const ran = cells.filter(({ error }) => error === null);
  const along = numberVaried(ran);
  if (along === undefined) return null;
  const others = namesVaried(ran).filter((name) => name !== along && distinct(ran, name).length > 1);
  const values = distinct(ran, along).sort((a, b) => (numberOf(a) ?? 0) - (numberOf(b) ?? 0));
  const x = valueAxis(along, values);
  const all = [...Map.groupBy(ran, (cell) => nameOf(cell, others))];
  const groups = all.slice(0, TONES.length);
  const series = groups.flatMap(([name, members], index): Series[] => {
    const at = (value: string) => members.find(({ varies }) => String(varies[along]) === value);
    const line = (what: 'open' | 'failed'): Series => ({
      name: name === '' ? what : `${what}, ${name}`,
      tone: groups.length === 1 ? what : (TONES[index] ?? 'asked'),
      thin: groups.length > 1 && what === 'failed',
      origin: 'measured',
      draw: 'dots',
      values: values.map((value) => at(value)?.users[what] ?? null),
    });
    return [line('open'), line('failed')];
  });
  const range = upFromZero(series.flatMap((one) => one.values));
  const chart: Chart = {
    id: 'sweep',
    x,
    y: { unit: 'users', scale: 'linear', range },
    series,
    limits: [],
    marks: [],
    group: null,
    height: 300,
  };
  return { chart, left: all.length - groups.length };
}

/** The setting with most different numbers. */
function numberVaried(cells: readonly SweepCell[]): string | undefined {
  const numeric = namesVaried(cells).filter((name) =>
    cells.every(({ varies }) => name in varies && numberOf(String(varies[name])) !== null),
  );
  const [first] = numeric.sort((a, b) => distinct(cells, b).length - distinct(cells, a).length);
  return first !== undefined && distinct(cells, first).length > 1 ? first : undefined;
}

function namesVaried(cells: readonly SweepCell[]): string[] {
  return [...new Set(cells.flatMap(({ varies }) => Object.keys(varies)))];
}

function distinct(cells: readonly SweepCell[], name: string): string[] {
  return [...new Set(cells.map(({ varies }) => String(varies[name])))];
}

function nameOf({ varies }: SweepCell, names: readonly string[]): string {
  return names.map((name) => `${name} ${varies[name] ?? '–'}`).join(', ');
}

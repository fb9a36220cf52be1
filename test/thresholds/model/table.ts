/**
 * Prints model and kernel side by side, a row a point, as it stands in docs/model.md:
 *   node test/thresholds/model/table.ts [--rates]
 */
import { type Comparison, compare, type Side } from './compare.ts';
import { EXACT, type Point, RATES, TIMES } from './grid.ts';

const points = [...EXACT, ...TIMES, ...(process.argv.includes('--rates') ? RATES : [])];

console.log('| point | users, model | users, kernel | ListenOverflows | connect times apart | ends apart |');
console.log('|---|---|---|---|---|---|');
for (const point of points) console.log(row(point, await compare(point)));

function row({ title }: Point, { model, kernel, apart, endedApartMs }: Comparison): string {
  const overflows = [model, kernel].map(({ counters }) => counters['TcpExt ListenOverflows'] ?? 0);
  const cells = [
    title,
    says(model),
    same(model, kernel) ? 'the same' : says(kernel),
    overflows.join(' / '),
    `${(apart * 100).toFixed(0)} %`,
    endedApartMs === undefined ? '' : `${endedApartMs.toFixed(0)} ms`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function says({ stages }: Side): string {
  return Object.entries(stages)
    .map(([what, count]) => `${count} ${what.replace(/^open open$/, 'open')}`)
    .join(', ');
}

function same(a: Side, b: Side): boolean {
  return says(a) === says(b);
}

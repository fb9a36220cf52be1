import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scaleFor, spread, upFromZero } from '../../../lab/report/data/axis.ts';
import { histogram, histogramWidth, resent } from '../../../lab/report/data/connect-times.ts';
import { crowd } from '../../../lab/report/data/crowd-counts.ts';
import { align, decimate, type Table } from '../../../lab/report/data/series-table.ts';
import { numberOf, valueAxis } from '../../../lab/report/data/threshold-charts.ts';
import { userLines } from './arbitrary.ts';

const values = fc.array(fc.option(fc.integer({ min: -50, max: 50 })), { minLength: 1, maxLength: 300 });

/** Two columns over an x that does not fall. */
const tables: fc.Arbitrary<Table> = fc
  .tuple(values, fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 300, maxLength: 300 }))
  .map(([first, steps]) => {
    let at = 0;
    const x = first.map((_, index) => {
      at += steps[index] ?? 0;
      return at;
    });
    return { x, columns: [first, [...first].reverse()] };
  });

describe('decimate', () => {
  it('keeps points that were there, in order, the first, the last and every peak, and no more than was said', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 40 }), (table, buckets) => {
        const less = decimate(table, buckets);
        const rows = (of: Table) =>
          of.x.map((x, index) => JSON.stringify([x, ...of.columns.map((c) => c[index])]));
        assert.ok(isSubsequence(rows(less), rows(table)));
        assert.equal(rows(less)[0], rows(table)[0]);
        assert.equal(rows(less).at(-1), rows(table).at(-1));
        assert.ok(less.x.length <= buckets * 6);
        for (const [index, column] of table.columns.entries()) {
          const known = (of: readonly (number | null)[]) => of.filter((value) => value !== null);
          const kept = known(less.columns[index] ?? []);
          assert.equal(Math.max(...kept), Math.max(...known(column)));
          assert.equal(Math.min(...kept), Math.min(...known(column)));
        }
      }),
    );
  });

  it('leaves alone what is small enough', () => {
    fc.assert(fc.property(tables, (table) => assert.deepEqual(decimate(table, 300), table)));
  });
});

describe('align', () => {
  it('has every point of every series at its x, and nothing else', () => {
    const points = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer()), { selector: ([x]) => x })
      .map((pairs) => pairs.sort((a, b) => a[0] - b[0]));
    fc.assert(
      fc.property(fc.array(points, { maxLength: 4 }), (series) => {
        const { x, columns } = align(series);
        assert.deepEqual(
          x,
          [...x].sort((a, b) => a - b),
        );
        for (const [index, one] of series.entries()) {
          const there = x.flatMap((at, place) => {
            const value = columns[index]?.[place] ?? null;
            return value === null ? [] : [[at, value]];
          });
          assert.deepEqual(there, one);
        }
      }),
    );
  });
});

describe('crowd', () => {
  it('ends with the exact numbers of users started, open and failed', () => {
    fc.assert(
      fc.property(userLines, (users) => {
        const { x, columns } = crowd(users, 0, 0);
        const open = users.filter(({ outcome }) => outcome === 'open').length;
        const last = columns.map((column) => column.at(-1) ?? 0);
        assert.deepEqual(last, [users.length, open, users.length - open]);
        assert.deepEqual(
          [...x],
          [...new Set(x)].sort((a, b) => a - b),
        );
      }),
    );
  });

  it('never has more users than have started', () => {
    fc.assert(
      fc.property(userLines, (users) => {
        const [started = [], open = [], failed = []] = crowd(users, 0, 0).columns;
        for (const [index, all] of started.entries()) {
          const settled = (open[index] ?? 0) + (failed[index] ?? 0);
          assert.ok((open[index] ?? 0) >= 0 && settled <= (all ?? 0));
        }
      }),
    );
  });
});

describe('histogram', () => {
  const times = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 });

  it('counts every value once, in the bin that holds it, in no more bins than asked', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 2, max: 80 }), (all, bins) => {
        const largest = Math.max(...all);
        const width = histogramWidth(largest, bins, 5);
        const counts = histogram(all, width, largest);
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0),
          all.length,
        );
        assert.ok(counts.length <= bins, `${counts.length} bins`);
        assert.ok((counts.at(-1) ?? 0) > 0, 'the last bin holds the largest');
        for (const [bin, count] of counts.entries())
          assert.equal(count, all.filter((value) => Math.floor(value / width) === bin).length);
      }),
    );
  });

  it('has round widths', () => {
    const widths = [290, 301, 700, 7000, 70_000].map((largest) => histogramWidth(largest, 60, 5));
    assert.deepEqual(widths, [5, 10, 25, 250, 2500]);
  });
});

describe('the moments at which a SYN is sent again', () => {
  it('follow the settings in force, up to the end of the chart', () => {
    assert.deepEqual(resent({ tcp_syn_linear_timeouts: 4, tcp_syn_retries: 6 }, 8), [1, 2, 3, 4, 5, 7]);
    assert.deepEqual(resent({}, 8), [1, 3, 7], 'Linux before 6.5');
    assert.deepEqual(resent({}, 0.9), []);
  });
});

describe('axes', () => {
  it('hold every value', () => {
    const some = fc.array(fc.option(fc.integer({ min: 0, max: 1_000_000 })), { minLength: 1 });
    fc.assert(
      fc.property(some, (all) => {
        const scale = scaleFor(all);
        const [low, high] = spread(all, scale);
        const top = upFromZero(all)[1];
        for (const value of all.filter((one) => one !== null))
          assert.ok(low <= value && value <= high && value < top);
        assert.ok(low < high);
        if (scale === 'log') assert.ok(low > 0);
      }),
    );
  });

  it('leave out a limit under which the values would be flat', () => {
    const limit = (at: number) => [{ at, says: '', origin: 'measured' as const }];
    assert.ok(upFromZero([100], limit(400))[1] > 400);
    assert.ok(upFromZero([100], limit(4000))[1] < 200);
  });

  it('take a range of ports by its size, numbers as they are, and names as names', () => {
    assert.deepEqual(['64', '40000-40099', '0.5', 'herd', ''].map(numberOf), [64, 100, 0.5, null, null]);
    assert.equal(valueAxis('nofile', ['64', '1024']).scale, 'log');
    assert.equal(valueAxis('tcp_syn_retries', ['0', '6']).scale, 'linear');
    assert.deepEqual(valueAxis('betting', ['herd', 'paced']).names, ['herd', 'paced']);
    assert.deepEqual(valueAxis('ports', ['1-10', '21-30']).names, ['1-10', '21-30'], 'two of one size');
  });
});

function isSubsequence(part: string[], whole: string[]): boolean {
  let at = 0;
  for (const one of whole) if (one === part[at]) at += 1;
  return at === part.length;
}

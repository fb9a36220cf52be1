import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Chart } from '../../../lab/report/chart.ts';
import {
  agesCharts,
  endsChart,
  resetsSoFar,
  silencesChart,
  waitsChart,
} from '../../../lab/report/data/ledger-charts.ts';
import { ENDS, tallyLedger } from '../../../lab/report/data/ledger-tally.ts';
import { columnOf, endOf, LogBins, middleOf } from '../../../lab/report/data/log-bins.ts';
import { TimeBins } from '../../../lab/report/data/time-bins.ts';
import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import { BEGAN, connection, manyConnections } from './diagnosis.ts';

const TIME = { origin: BEGAN, range: [-0.2, 10.2] as [number, number], marks: [] };
const tally = (lines: Iterable<ConnectionLine>) => tallyLedger(lines, BEGAN, BEGAN + 10_000);
const sum = (values: readonly (number | null)[]) => values.reduce<number>((all, one) => all + (one ?? 0), 0);
/** The bars of a chart that are not 0, by the time in their middle. */
const bars = ({ x, series: [first] }: Chart) =>
  x.values.flatMap((at, index) => (first?.values[index] ? [[at, first.values[index]] as const] : []));

describe('columns of a log axis', () => {
  const times = fc.array(fc.double({ min: 0.2, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 200 });

  it('hold each time once, between their ends', () => {
    fc.assert(
      fc.property(times, (all) => {
        const bins = new LogBins();
        for (const one of all) bins.add(one);
        const [first, last] = bins.span ?? assert.fail('none');
        assert.equal(bins.total, all.length);
        assert.equal(bins.upTo(last), all.length);
        assert.equal(bins.upTo(first - 1), 0);
        for (let column = first; column <= last; column += 1) {
          const inside = all.filter((one) => one > endOf(column - 1) && one <= endOf(column)).length;
          // A time on the very edge may fall to either side by the last digit of its logarithm.
          assert.ok(Math.abs(bins.in(column) - inside) <= 1);
        }
      }),
    );
  });

  it('say within what time a part of them lies: never less than that, nor a column more', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, part) => {
        const bins = new LogBins();
        for (const one of all) bins.add(one);
        const exact = [...all].sort((a, b) => a - b)[Math.ceil(all.length * part) - 1] ?? 0;
        const said = bins.within(part);
        assert.ok(said >= exact * 0.999999 && said <= exact * 1.13, `${said} of ${exact}`);
      }),
    );
    assert.equal(new LogBins().within(0.5), 0);
  });

  it('have the clocks of servers inside, not on an edge: a timer that is some ms late stays in its column', () => {
    for (const clock of [1000, 1500, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 75_000, 120_000, 300_000])
      assert.equal(columnOf(clock), columnOf(clock + 5), `${clock} ms`);
    assert.equal(middleOf(columnOf(1000)), 1000);
  });

  it('take whatever comes: nothing, and longer than any', () => {
    const bins = new LogBins();
    for (const one of [0, -1, Number.MAX_SAFE_INTEGER]) bins.add(one);
    assert.equal(bins.total, 3);
    assert.equal(bins.fullest?.count, 2);
  });
});

describe('stretches of time', () => {
  it('hold each moment of the watch once, are no more than can be seen, and leave out the rest', () => {
    const moments = fc.array(fc.integer({ min: -1e6, max: 1e8 }), { maxLength: 100 });
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 1e8 }), (all, length) => {
        const bins = new TimeBins<'it'>(0, length);
        for (const at of all) bins.add('it', at);
        const counted = bins.of('it');
        const inside = all.filter((at) => at >= 0 && at <= length).length;
        assert.ok(sum(counted.map(({ count }) => count)) >= inside);
        assert.ok(counted.length <= 241);
        for (const { at, count } of counted)
          assert.equal(count, all.filter((one) => one >= at && one < at + bins.width).length);
      }),
    );
  });
});

describe('the ledger in figures', () => {
  it('counts every connection under one end, or as open', () => {
    const all = [...manyConnections(5000), connection(1, { open: true })];
    const { connections, open, ends } = tally(all);
    assert.deepEqual([connections, open], [5001, 1]);
    assert.equal(sum(ENDS.map((end) => ends[end].count)), 5000);
    assert.deepEqual(
      ENDS.map((end) => ends[end].count),
      [2000, 1500, 500, 500, 500],
    );
  });

  it('goes through 100 000 lines once, and its charts are as small as those of a hundred', () => {
    let passes = 0;
    const once: Iterable<ConnectionLine> = {
      [Symbol.iterator]: () => {
        passes += 1;
        return manyConnections(100_000);
      },
    };
    const many = tally(once);
    assert.equal(passes, 1);
    const charts = [
      waitsChart(many),
      endsChart(many, TIME),
      silencesChart(many),
      ...agesCharts(many).map(({ chart }) => chart),
    ];
    const size = JSON.stringify(charts).length;
    assert.ok(size < 40_000, `${size} bytes`);
  });

  it('shows an idle time-out as one bar of silence, however old the connections are, and a deadline as one of age', () => {
    const by = 'ss -E';
    const server = { how: { is: 'FIN', by }, closedBy: { is: 'server', by } } as const;
    const idle = Array.from({ length: 20 }, (_, index) =>
      connection(1, {
        ...server,
        age: { is: 2000 * (index + 1), by },
        silentIn: { is: 1500 + (index % 2) * 4, by },
      }),
    );
    const silent = silencesChart(tally(idle)) ?? assert.fail('no chart');
    assert.deepEqual(
      bars(silent).map(([, count]) => count),
      [20],
    );
    const untold = idle.map(({ silentIn }) => connection(1, { ...(silentIn && { silentIn }) }));
    const both = silencesChart(tally([...idle, ...untold])) ?? assert.fail('no chart');
    assert.deepEqual(
      both.series.map(({ name, values }) => [name, sum(values)]),
      [
        ['closed by the server', 20],
        ['closed by an unknown side', 20],
      ],
    );
    const deadline = Array.from({ length: 30 }, (_, index) =>
      connection(1, { ...server, age: { is: 30_000 + index, by }, silentIn: { is: 10 * index, by } }),
    );
    const [ages] = agesCharts(tally(deadline));
    assert.equal(ages?.end, 'FIN by the server');
    assert.deepEqual(ages && bars(ages.chart).map(([, count]) => count), [30]);
  });

  it('draws each way to end by itself, over the same ages', () => {
    const charts = agesCharts(tally(manyConnections(1000)));
    assert.deepEqual(
      charts.map(({ end }) => end),
      ['FIN by the server', 'FIN by the client', 'FIN', 'RST'],
    );
    for (const { chart } of charts) assert.deepEqual(chart.x.values, charts[0]?.chart.x.values);
  });

  it('keeps brackets of ages apart where they are wider than a bar', () => {
    const [by, how] = ['ss -E', { is: 'RST', by: 'ss -E' }] as const;
    const { ages, agesAtMost, ageless } = tally([
      connection(1, { how, age: { is: 1000, by } }),
      connection(1, { how, age: { is: 1000, by, within: 20 } }),
      connection(1, { how, age: { is: 1000, by, within: 400 } }),
      connection(1, { how }),
    ]).ends.RST;
    assert.deepEqual([ages.total, agesAtMost.total, ageless], [2, 1, 1]);
  });

  it('draws waits that are brackets between as short and as long as they may be, the exact ones as one line', () => {
    const chart =
      waitsChart(
        tally([
          connection(1, { wait: { is: 10, by: 'tracefs' } }),
          connection(1, { wait: { is: 400, within: 300, by: 'port table' } }),
          connection(1, { accepted: { is: false, by: 'port table' }, wait: { is: 5000, by: 'tracefs' } }),
          connection(1),
        ]),
      ) ?? assert.fail('no chart');
    const at = (name: string, ms: number) => {
      const { values = [] } = chart.series.find((one) => one.name.startsWith(name)) ?? {};
      return values[chart.x.values.findLastIndex((x) => x <= ms)];
    };
    assert.deepEqual([at('exact', 10), at('exact', 12)], [0, 100]);
    assert.deepEqual([at('bracket: as short', 90), at('bracket: as short', 115)], [0, 100]);
    assert.deepEqual([at('bracket: as long', 340), at('bracket: as long', 500)], [0, 100]);
    assert.deepEqual(chart.bands, [[1, 2]]);
    assert.deepEqual(
      tally([connection(1, { accepted: { is: false, by: 'port table' } }), connection(1)]).waits.never,
      1,
    );
  });

  it('draws brackets that are narrower than a column as one line', () => {
    const lines = [connection(1, { wait: { is: 400, within: 1, by: 'port table' } })];
    const { series, bands } = waitsChart(tally(lines)) ?? assert.fail('no chart');
    assert.deepEqual([series.length, bands], [1, []]);
  });

  it('takes an RST after a FIN for no end, and counts who sent it', () => {
    const by = 'tracefs';
    const all = tally([
      connection(1, { how: { is: 'FIN', by }, closedBy: { is: 'server', by }, reset: { is: 'server', by } }),
      connection(2, { how: { is: 'RST', by }, closedBy: { is: 'client', by }, reset: { is: 'client', by } }),
      connection(3, { closedBy: { is: 'server', by } }),
    ]);
    assert.deepEqual(all.resets, { server: 1, client: 1, neither: 0 });
    assert.deepEqual(
      ENDS.map((end) => all.ends[end].count),
      [1, 0, 0, 1, 1],
    );
    assert.equal(resetsSoFar(all, TIME).at(-1)?.[1], 1);
  });

  it('tells ends by the second', () => {
    const how = { is: 'RST', by: 'ss -E' } as const;
    const ends = Array.from({ length: 10 }, () =>
      connection(4, { how, closed: { is: BEGAN + 4000, by: 'ss -E' } }),
    );
    const chart = endsChart(tally(ends), TIME) ?? assert.fail('no chart');
    assert.equal(
      Math.max(...chart.series.flatMap(({ values }) => values.map((value) => value ?? 0))),
      40,
      '10 in 250 ms',
    );
    assert.equal(endsChart(tally([]), TIME), undefined);
  });

  it('has no chart where nothing is known', () => {
    const nothing = tally([connection(1, { open: true })]);
    assert.deepEqual(
      [waitsChart(nothing), silencesChart(nothing), agesCharts(nothing)],
      [undefined, undefined, []],
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ConnectionLine, Told, Witness } from '../../protocol/connection-events.ts';
import { jsonOf, lineOf, observedRows, remoteOf, rowOf, tracedRows } from '../../protocol/connection-rows.ts';

const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '%', ' ', '~1', '%0041'),
);
const witness = fc.constantFrom<Witness>('ss -E', 'port table', 'tracefs');
const told = <T>(is: fc.Arbitrary<T>): fc.Arbitrary<Told<T>> =>
  fc.record({ is, by: witness, within: number }, { requiredKeys: ['is', 'by'] });
const end = fc.constantFrom<'server' | 'client'>('server', 'client');

const anyLine: fc.Arbitrary<ConnectionLine> = fc.record(
  {
    event: fc.constant('connection' as const),
    at: number,
    local: text,
    remote: text,
    cookie: text,
    open: fc.constant(true as const),
    shared: fc.constant(true as const),
    complete: told(number),
    accepted: told(fc.boolean()),
    wait: told(number),
    pid: told(number),
    closed: told(number),
    closedBy: told(end),
    how: told(fc.constantFrom<'FIN' | 'RST'>('FIN', 'RST')),
    reset: told(fc.constantFrom<'server' | 'client' | 'neither'>('server', 'client', 'neither')),
    reason: told(text),
    age: told(number),
    silentIn: told(number),
    silentOut: told(number),
    received: told(number),
    sent: told(number),
    unread: told(number),
    finAcked: told(fc.boolean()),
    forged: told(fc.boolean()),
  },
  { requiredKeys: ['event', 'at', 'local'] },
);

const LINE: ConnectionLine = {
  event: 'connection',
  at: 1795892997103,
  local: '[fe80::1%eth0]:8080',
  remote: '127.0.0.1:5',
  cookie: '3c648a',
  closed: { is: 1795892997103.25, by: 'port table', within: 400 },
  accepted: { is: true, by: 'ss -E' },
  reset: { is: 'client', by: 'tracefs' },
};

describe('rows of connections', () => {
  it('are not half as long as the JSON, and hold nothing but ASCII', () => {
    const row = rowOf(LINE);
    assert.equal(
      row,
      '3c648a [fe80::1%0025eth0]:8080 127.0.0.1:5 1795892997103    s1   p1795892997103.25~400   tclient         ',
    );
    assert.ok(row.length * 2 < JSON.stringify(LINE).length);
  });

  it('give any line again, and its JSON, with the same fields in the same order of their own', () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        const row = rowOf(line);
        assert.match(row, /^[!-~ ]*$/);
        const json = JSON.parse(JSON.stringify(line));
        assert.deepEqual(lineOf(row), json);
        assert.equal(remoteOf(row), json.remote);
        assert.equal(jsonOf(row), JSON.stringify(lineOf(row)));
      }),
      { numRuns: 500 },
    );
  });

  it('go over a pipe a thousand at once, the tracer’s with the moment up to which it has told, behind the last', () => {
    const list = Array.from({ length: 2001 }, (_, at) => ({ ...LINE, at }));
    const observed = [...observedRows(1, list.map(rowOf))];
    assert.deepEqual(
      observed.map(({ by, until, rows }) => [by, until, rows.length]),
      [
        ['observer', undefined, 1000],
        ['observer', undefined, 1000],
        ['observer', undefined, 1],
      ],
    );
    assert.deepEqual(
      observed.flatMap(({ rows }) => rows.map((row) => lineOf(row).at)),
      list.map(({ at }) => at),
    );
    const traced = [...tracedRows(1, list.slice(0, 1001).map(rowOf), 7)];
    assert.deepEqual(
      traced.map(({ by, until, rows }) => [by, until, rows.length]),
      [
        ['tracefs', undefined, 1000],
        ['tracefs', 7, 1],
      ],
    );
    assert.deepEqual(
      [...tracedRows(1, [], 7)],
      [{ event: 'connections', at: 1, by: 'tracefs', until: 7, rows: [] }],
    );
  });
});

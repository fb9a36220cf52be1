import assert from 'node:assert/strict';
import { Joiner } from '../../../lab/evidence/ledger/join.ts';
import type { ConnectionLine, Told, Witness } from '../../../protocol/connection-events.ts';
import { rowOf, lineOf as unpacked } from '../../../protocol/connection-rows.ts';

const by =
  (witness: Witness) =>
  <T>(is: T, within?: number): Told<T> => ({
    is,
    by: witness,
    ...(within === undefined ? {} : { within }),
  });
const traced = by('tracefs');
const ss = by('ss -E');
const table = by('port table');

const LOCAL = '127.0.0.1:8080';

function lineOf(at: number, port: number | undefined, fields: Partial<ConnectionLine>): ConnectionLine {
  return {
    event: 'connection',
    at,
    local: LOCAL,
    ...(port === undefined ? {} : { remote: `127.0.0.1:${port}` }),
    ...fields,
  };
}

const fromTrace = (at: number, port: number, fields: Partial<ConnectionLine> = {}) =>
  lineOf(at, port, { closed: traced(at), closedBy: traced('client'), how: traced('FIN'), ...fields });
const fromSs = (at: number, port: number | undefined, fields: Partial<ConnectionLine> = {}) =>
  lineOf(at, port, { closed: table(at, 400), received: ss(11, 1), ...fields });

/** What comes of these lines, in the order of their coming. */
function joined(lines: ConnectionLine[], hasObserver?: boolean): ConnectionLine[] {
  const both = new Both(hasObserver);
  for (const line of lines) both.take(line);
  both.joiner.end();
  return both.ready;
}

/** Both witnesses, and what has come of what they told. */
class Both {
  readonly ready: ConnectionLine[] = [];
  readonly joiner: Joiner;

  constructor(hasObserver?: boolean) {
    this.joiner = new Joiner((row, columns) => {
      assert.equal(columns?.join(' ') ?? row, row);
      this.ready.push(unpacked(row));
    }, hasObserver);
  }

  take(line: ConnectionLine): void {
    const isTraced = Object.values(line).some((told) => typeof told === 'object' && told.by === 'tracefs');
    this.joiner.take({ by: isTraced ? 'tracefs' : 'observer', rows: [rowOf(line)] });
  }

  /** The tracer has told of all up to then. */
  traced(until: number): void {
    this.joiner.take({ by: 'tracefs', rows: [], until });
  }

  get ports(): (string | undefined)[] {
    return this.ready.map(({ remote }) => remote?.replace(/.*:/, ''));
  }
}

describe('evidence: two witnesses on one connection', () => {
  for (const [order, swap] of [
    ['the tracer first', false],
    ['ss first', true],
  ] as const)
    it(`one line, what is exact before a bracket, each field with its own witness: ${order}`, () => {
      const pair = [fromTrace(1000, 5), fromSs(1100, 5, { silentIn: ss(30), closedBy: table('server') })];
      const [line, ...more] = joined(swap ? pair.reverse() : pair);
      assert.deepEqual(more, []);
      assert.deepEqual(line, {
        event: 'connection',
        at: 1100,
        local: LOCAL,
        remote: '127.0.0.1:5',
        closed: traced(1000),
        closedBy: traced('client'),
        how: traced('FIN'),
        // The client's FIN came, and the kernel counts it.
        received: ss(10),
        silentIn: ss(30),
      });
    });

  it('bytes are exact where it is known whether a FIN was among them, else not', () => {
    const bytes = (fields: Partial<ConnectionLine>) => {
      const [line] = joined([fromTrace(1000, 5, fields), fromSs(1000, 5, { unread: ss(3, 1) })]);
      return [line?.received, line?.unread];
    };
    assert.deepEqual(bytes({}), [ss(10), ss(2)]);
    assert.deepEqual(bytes({ how: traced('RST') }), [ss(11), ss(3)]);
    assert.deepEqual(bytes({ closedBy: traced('server') }), [ss(11, 1), ss(3, 1)]);
  });

  it('a port that is used again is two connections, in the order of their ends', () => {
    const lines = joined([
      fromTrace(1000, 5, { pid: traced(1) }),
      fromTrace(1300, 5, { pid: traced(2) }),
      fromSs(1100, 5, { sent: ss(1) }),
      fromSs(1400, 5, { sent: ss(2) }),
    ]);
    assert.deepEqual(
      lines.map(({ pid, sent }) => [pid?.is, sent?.is]),
      [
        [1, 1],
        [2, 2],
      ],
    );
  });

  it("the socket's number tells before all else", () => {
    const lines = joined([
      fromTrace(1000, 5, { cookie: 'a1', pid: traced(1), shared: true }),
      fromTrace(1000, 5, { cookie: 'a2', pid: traced(2), shared: true }),
      fromSs(1001, 5, { cookie: 'a2' }),
    ]);
    assert.deepEqual(
      lines.map(({ cookie, pid }) => [cookie, pid?.is]),
      [['a2', 2]],
    );
    const other = joined([
      fromTrace(1000, 5, { cookie: 'a1', shared: true }),
      fromSs(1000, 5, { cookie: 'a3' }),
    ]);
    assert.deepEqual(
      other.map(({ cookie }) => cookie),
      ['a3'],
      "another server's, at the same ends",
    );
  });

  it('of several with one number the oldest is taken first', () => {
    const lines = joined([
      ...[1, 2, 3].map((pid) => fromTrace(1000, 5, { cookie: 'a1', pid: traced(pid) })),
      ...[4, 5, 6].map((sent) => fromSs(1001, 5, { cookie: 'a1', sent: ss(sent) })),
    ]);
    assert.deepEqual(
      lines.map(({ pid, sent }) => [pid?.is, sent?.is]),
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    );
  });

  it("what the tracer alone has seen goes by itself, where it is surely the server's or nobody else tells", () => {
    const ports = (lines: ConnectionLine[], hasObserver?: boolean) =>
      joined(lines, hasObserver).map(({ remote }) => remote?.replace(/.*:/, ''));
    const shared = { shared: true } as const;
    assert.deepEqual(ports([fromTrace(1000, 5), fromTrace(1000, 6, shared)]), ['5', '6']);
    assert.deepEqual(ports([fromTrace(1000, 5), fromTrace(1000, 6), fromSs(1000, 6)]), ['6', '5']);
    assert.deepEqual(ports([fromTrace(1000, 5, shared), fromTrace(1000, 6, shared), fromSs(1000, 6)]), ['6']);
    assert.equal(joined([fromTrace(1000, 6, shared), fromSs(1000, 6)])[0]?.shared, undefined);
    assert.deepEqual(ports([fromTrace(1000, 5)], true), ['5']);
    assert.deepEqual(ports([fromTrace(1000, 5, shared)], true), []);
    assert.deepEqual(ports([lineOf(1000, 5, { open: true, complete: traced(900) })], true), []);
  });

  for (const [what, fields] of [
    ['by the number', { cookie: 'a1' }],
    ['by the ends', {}],
  ] as const)
    it(`of one that was told alone a later line of the other says nothing new: ${what}`, () => {
      const ours = fromTrace(1000, 5, fields);
      const theirs = fromSs(1100, 5, { ...fields, closed: table(1100, 400) });
      const told = (...lines: ConnectionLine[]) => {
        const both = new Both(true);
        both.take(fromTrace(900, 8));
        for (const line of lines) {
          both.take(line);
          both.joiner.pass(line.at + 20_000);
        }
        both.joiner.end();
        return both.ports;
      };
      assert.deepEqual(told(ours, theirs), ['8', '5']);
      assert.deepEqual(told(theirs, ours), ['8', '5']);
      assert.deepEqual(told(ours, theirs, theirs), ['8', '5', '5'], 'once');
      assert.deepEqual(told(theirs, theirs), ['8', '5', '5'], 'the same witness tells of another');
    });

  it('ends that cannot be the same one are two', () => {
    const lines = joined([fromTrace(1000, 5), fromSs(1700, 5, { closed: table(1700, 300) })]);
    assert.deepEqual(
      lines.map(({ closed }) => closed?.by),
      ['tracefs', 'port table'],
    );
  });

  it('a line that the kernel had wiped is of the one that the server reset then, if it is the only one', () => {
    const reset: Partial<ConnectionLine> = { closedBy: traced('server'), how: traced('RST') };
    const wiped = (at: number) => fromSs(at, undefined, { closed: ss(at, 20) });
    const one = joined([fromTrace(1000, 5, reset), fromTrace(1000, 6), wiped(1010), fromSs(1010, 6)]);
    assert.deepEqual(
      one.map(({ remote, how }) => [remote, how?.is]),
      [
        ['127.0.0.1:5', 'RST'],
        ['127.0.0.1:6', 'FIN'],
      ],
    );
    const two = joined([fromTrace(1000, 5, reset), fromTrace(1000, 6, reset), wiped(1010)]);
    assert.deepEqual(
      two.map(({ remote }) => remote),
      ['127.0.0.1:5', '127.0.0.1:6'],
      'it is one of them',
    );
    assert.equal(joined([fromTrace(1000, 5, reset), wiped(1300)])[1]?.remote, undefined, 'another moment');
  });

  it('goes as it is once the tracer has told of all up to then', () => {
    const both = new Both(true);
    both.take(fromSs(1000, 5));
    both.take(fromSs(1200, 6));
    both.traced(1000);
    assert.deepEqual(both.ports, [], 'its clock may be a little ahead');
    both.traced(1100);
    assert.deepEqual(both.ports, ['5']);
    both.take(fromSs(1010, 7));
    assert.deepEqual(both.ports, ['5', '7'], 'told late itself');
    both.take(fromTrace(1200, 6));
    both.traced(1300);
    assert.deepEqual(both.ports, ['5', '7', '6']);
    assert.equal(both.ready[2]?.closed?.by, 'tracefs');
  });

  it('waits for a tracer that is late, by the moments of the lines, but not for ever', () => {
    const both = new Both(true);
    both.take(fromSs(1000, 5));
    both.joiner.pass(2900);
    assert.deepEqual(both.ports, []);
    both.joiner.pass(3000);
    assert.deepEqual(both.ports, ['5']);
    both.take(fromTrace(1000, 5));
    both.joiner.end();
    assert.deepEqual(both.ports, ['5']);
  });

  it('what the tracer told waits for an observer that tells seconds later', () => {
    const both = new Both(true);
    both.take(fromTrace(1000, 5));
    both.joiner.pass(4000);
    both.take(fromSs(4000, 5, { closed: table(4000, 3500) }));
    assert.equal(both.ready[0]?.closed?.by, 'tracefs');
  });

  it('what a tracer that was late tells at once finds its counterparts, however much time it tells of', () => {
    const both = new Both(true);
    both.take(fromSs(1000, 5));
    both.take(fromSs(1001, 6));
    const late = [fromTrace(1000, 5), fromTrace(1001, 7), fromTrace(4000, 8)];
    both.joiner.take({ by: 'tracefs', rows: late.map(rowOf) });
    assert.deepEqual(
      both.ready.map(({ remote, closed }) => [remote, closed?.by]),
      [
        ['127.0.0.1:5', 'tracefs'],
        ['127.0.0.1:6', 'port table'],
      ],
    );
  });

  it('thousands that wait are found in any order, and those that are left come in the order of their coming', () => {
    const both = new Both(true);
    const ports = Array.from({ length: 5000 }, (_, index) => 10_000 + index);
    for (const port of ports) both.take(fromSs(1000, port, { cookie: port.toString(16) }));
    const found = ports.filter((port) => port % 3 !== 0).reverse();
    for (const port of found) both.take(fromTrace(1000, port, { cookie: port.toString(16) }));
    both.joiner.end();
    assert.deepEqual(both.ports, [...found, ...ports.filter((port) => port % 3 === 0)].map(String));
  });

  it('waits for nobody who is known to tell nothing', () => {
    const both = new Both(true);
    both.take(fromSs(1000, 5));
    both.joiner.withoutTracer();
    both.take(fromSs(2000, 6));
    assert.deepEqual(both.ports, ['5', '6']);
    const alone = new Both(false);
    alone.take(fromTrace(1000, 5));
    assert.deepEqual(alone.ports, ['5']);
  });

  it('finds by their ends those that were told with the number of the socket, for one without', () => {
    const lines = joined([
      fromTrace(1000, 5, { cookie: 'a1' }),
      fromTrace(1001, 6, { cookie: 'a2' }),
      fromSs(1002, 6),
      fromSs(1003, 5),
      fromSs(1004, 7),
      fromTrace(1004, 7, { cookie: 'a3' }),
    ]);
    assert.deepEqual(
      lines.map(({ cookie, received }) => [cookie, received?.is]),
      [
        ['a2', 10],
        ['a1', 10],
        ['a3', 10],
      ],
    );
  });

  it('one that was open for both at the end is one', () => {
    const open = { open: true } as const;
    const lines = joined([
      lineOf(1000, 5, { ...open, complete: traced(900) }),
      lineOf(1050, 5, { ...open, complete: table(950, 100) }),
    ]);
    assert.deepEqual(lines, [lineOf(1050, 5, { ...open, complete: traced(900) })]);
  });
});

import assert from 'node:assert/strict';
import { Joiner } from '../../../lab/evidence/ledger/join.ts';
import type { ConnectionLine, Told, Witness } from '../../../protocol/connection-events.ts';

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
function joined(lines: ConnectionLine[], joiner = new Joiner()): ConnectionLine[] {
  return [...lines.flatMap((line) => joiner.take(line)), ...joiner.end()];
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
      fromTrace(1000, 5, { cookie: 'a1', pid: traced(1) }),
      fromTrace(1000, 5, { cookie: 'a2', pid: traced(2) }),
      fromSs(1001, 5, { cookie: 'a2' }),
    ]);
    assert.deepEqual(
      lines.map(({ cookie, pid }) => [cookie, pid?.is]),
      [['a2', 2]],
    );
    const other = joined([fromTrace(1000, 5, { cookie: 'a1' }), fromSs(1000, 5, { cookie: 'a3' })]);
    assert.deepEqual(
      other.map(({ cookie }) => cookie),
      ['a3'],
      "another server's, at the same ends",
    );
  });

  it('what the tracer alone has seen goes only where nobody else tells', () => {
    assert.equal(joined([fromTrace(1000, 5), fromTrace(1000, 6)]).length, 2);
    assert.deepEqual(
      joined([fromTrace(1000, 5), fromTrace(1000, 6), fromSs(1000, 6)]).map(({ remote }) => remote),
      ['127.0.0.1:6'],
    );
    assert.equal(joined([fromTrace(1000, 5)], new Joiner(true)).length, 0);
  });

  it('ends that cannot be the same one are two', () => {
    const lines = joined([fromTrace(1000, 5), fromSs(1700, 5, { closed: table(1700, 300) })]);
    assert.deepEqual(
      lines.map(({ closed }) => closed?.by),
      ['port table'],
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
      [undefined],
    );
    assert.equal(joined([fromTrace(1000, 5, reset), wiped(1300)])[0]?.remote, undefined, 'another moment');
  });

  it('waits for a second, by the moments of the lines, and no longer', () => {
    const joiner = new Joiner();
    assert.deepEqual(joiner.take(fromSs(1000, 5)), []);
    assert.deepEqual(joiner.pass(1900), []);
    assert.equal(joiner.pass(2000).length, 1);
    assert.deepEqual(joiner.take(fromTrace(2000, 5)), []);
    assert.deepEqual(joiner.end(), []);
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

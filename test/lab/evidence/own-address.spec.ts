import assert from 'node:assert/strict';
import { ownConnections, ownListeners, serversAmong } from '../../../lab/evidence/linux/own-address.ts';

const listener = (address: string, inode = address) => ({ address, port: 80, inode, waiting: 0 });

describe('evidence: which sockets of a port are the server’s', () => {
  const [one, two, any4, any6] = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '::'].map((address) =>
    listener(address),
  );
  assert.ok(one && two && any4 && any6);

  it('all of them where nobody else listens on it, wherever it listens next', () => {
    assert.deepEqual([ownListeners([one], []), ownConnections([one], [])], [undefined, undefined]);
  });

  it('a connection is that of the listener at its address, else of the one on every address', () => {
    const of = (own: (typeof one)[], others: (typeof one)[], ...locals: string[]) =>
      locals.map((local) => ownConnections(own, others)?.(local));
    assert.deepEqual(of([one], [two], '127.0.0.1', '127.0.0.2', '127.0.0.3'), [true, false, false]);
    assert.deepEqual(of([any4], [one], '127.0.0.1', '127.0.0.2', '::1'), [false, true, false]);
    assert.deepEqual(of([any6], [one], '127.0.0.1', '::1', '::ffff:7f00:2'), [false, true, true]);
    assert.deepEqual(of([one], [any6], '127.0.0.1', '::1', '::ffff:7f00:1'), [true, false, false]);
  });

  it('one server: at one address, of one process, or on every address by one program', () => {
    const servers = (list: (typeof one)[], holders: Record<string, number[]> = {}, programs: string[] = []) =>
      serversAmong(
        list,
        ({ inode }) => holders[inode] ?? [],
        (pid) => programs[pid],
      ).length;
    assert.equal(servers([one, two]), 2, 'who holds them is not known');
    assert.equal(servers([one, two], { '127.0.0.1': [1], '127.0.0.2': [1, 2] }), 1);
    assert.equal(servers([one, two], { '127.0.0.1': [1], '127.0.0.2': [2] }), 2);
    assert.equal(servers([one, listener('127.0.0.1', 'another')], { '127.0.0.1': [1], another: [2] }), 1);
    assert.equal(servers([any4, any6]), 1);
    assert.equal(servers([any4, any6], { '0.0.0.0': [0], '::': [1] }, ['proxy', 'proxy']), 1);
    assert.equal(servers([any4, any6], { '0.0.0.0': [0], '::': [1] }, ['one', 'two']), 2);
    // The third holds both.
    assert.equal(servers([one, two, any4], { '127.0.0.1': [1], '127.0.0.2': [2], '0.0.0.0': [1, 2] }), 1);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { retryUntil } from '../../../../common/waiting.ts';
import { GoneClients } from '../../../../lab/evidence/linux/ledger/clients-gone.ts';
import { readPortRows, TCP, type TcpRow } from '../../../../system/proc/tcp-rows.ts';
import { onLinuxOnly } from '../../../skip.ts';

const rows = (keys: readonly string[], more: Partial<TcpRow> = {}): TcpRow[] =>
  keys.map((key) => ({ key, state: TCP.CLOSE_WAIT, inode: 7, unread: 1, ...more }));

describe('connections that their clients have left', () => {
  it('those that stay for 2 s are kept; one that goes before is not, one that goes after was closed late', () => {
    const gone = new GoneClients();
    assert.deepEqual(gone.count([], 0), { now: 0, kept: 0, unread: 0, closed: 0 });
    assert.equal(gone.count([], 1), undefined);
    assert.deepEqual(gone.count(rows(['a', 'b', 'c']), 1000), { now: 3, kept: 0, unread: 0, closed: 0 });
    assert.deepEqual(gone.count(rows(['a', 'b']), 2999), { now: 2, kept: 0, unread: 0, closed: 0 });
    assert.deepEqual(gone.count(rows(['a', 'b', 'd']), 3000), { now: 3, kept: 2, unread: 0, closed: 0 });
    assert.deepEqual(gone.count(rows(['b', 'd']), 3100), { now: 2, kept: 1, unread: 0, closed: 1 });
  });

  it('are nobody’s before accept(2), and those that are open are none', () => {
    const gone = new GoneClients();
    gone.count(rows(['a'], { inode: 0 }), 0);
    assert.equal(gone.count(rows(['a'], { state: TCP.ESTABLISHED }), 9000), undefined);
  });

  it('asks for a look at first, then for one each second, and more seldom where they take long', () => {
    const gone = new GoneClients();
    assert.equal(gone.wantsLook(4000), true);
    gone.count(rows(['a']), 5000);
    assert.deepEqual([gone.wantsLook(5999), gone.wantsLook(6000)], [false, true]);
    gone.count(rows(['a']), 6000, 50);
    assert.deepEqual([gone.wantsLook(7999), gone.wantsLook(8000)], [false, true]);
  });

  it('asks for none while no segment comes, unless there are some', () => {
    const gone = new GoneClients();
    const [counters, later] = [{ 'Tcp InSegs': 1 }, { 'Tcp InSegs': 2 }];
    assert.equal(gone.wantsLook(0, counters), true);
    gone.count([], 0);
    assert.equal(gone.wantsLook(9000, counters), false);
    assert.equal(gone.wantsLook(9000, later), true);
    gone.count(rows(['a']), 9000);
    assert.equal(gone.wantsLook(10_000, later), true);
  });
});

describe('connections that their clients have left, in the table of the kernel', () => {
  onLinuxOnly('/proc/net/tcp');

  it('has the one that is not closed, and what of it was not read', async () => {
    const taken: Socket[] = [];
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      taken.push(socket),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const look = () => readPortRows(['/proc/self/net/tcp'], port).rows;
    for (const says of ['', 'GET']) {
      const client = connect(port, '127.0.0.1');
      await once(client, 'connect');
      client.on('error', () => {}).end(says);
      await once(client, 'finish');
    }
    const both = () => {
      const found = new GoneClients().count(look(), 1);
      return found?.now === 2 ? found : undefined;
    };
    const found = await retryUntil(both, { everyMs: 20, forMs: 5000 });
    assert.equal(found?.unread, 1, 'a FIN is no request');
    for (const socket of taken) socket.destroy();
    server.close();
  });
});

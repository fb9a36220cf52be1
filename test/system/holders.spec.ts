import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { findHolders } from '../../system/proc/holders.ts';
import { readConnections, readListeners } from '../../system/proc/net-tcp.ts';
import { skipOffLinux } from '../skip.ts';

describe('evidence: the sockets of a port and who holds them', () => {
  it('finds this very process as the holder of a listener and of its connection', async function () {
    skipOffLinux(this, 'sockets and their owners are read from /proc');
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    await once(server, 'connection');
    const listener = readListeners('/proc/self/net').find((one) => one.port === port)?.inode ?? '';
    const { inodes, sockets } = readConnections('/proc/self/net', port);
    assert.deepEqual([inodes.length, sockets], [1, 1]);
    const wanted = new Set([listener, ...inodes]);
    assert.deepEqual(findHolders(wanted).inodes.get(process.pid), wanted);
    client.destroy();
    server.close();
    await once(server, 'close');
    assert.equal(
      readListeners('/proc/self/net').some((one) => one.port === port),
      false,
    );
    assert.deepEqual(findHolders(wanted).pids, []);
  });
});

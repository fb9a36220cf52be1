import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { findOwner, parsePortSockets, readPortSockets } from '../../system/proc/owner.ts';
import { skipOffLinux } from '../skip.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 777 1 0 100 0 0 10 0
   1: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 888 1 0 100 0 0 10 0
   2: 020012AC:1F90 030012AC:C350 01 00000000:00000000 00:00000000 00000000  1000        0 901 1 0 20 4 30 10 -1
   3: 020012AC:1F90 030012AC:C351 08 00000000:00000000 00:00000000 00000000  1000        0 902 1 0 20 4 30 10 -1
   4: 020012AC:1F90 030012AC:C352 06 00000000:00000000 03:00000FA0 00000000     0        0 0 3 0
   5: 030012AC:C350 020012AC:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 903 1 0 20 4 30 10 -1
`;

describe('evidence: the sockets of a port and who holds them', () => {
  it('counts connections of the port in any state but LISTEN and TIME_WAIT, not their other ends', () => {
    assert.deepEqual(parsePortSockets(TABLE, 8080), { listener: '777', connections: 2 });
    assert.deepEqual(parsePortSockets(TABLE, 443), { listener: '888', connections: 0 });
    assert.deepEqual(parsePortSockets(TABLE, 80), { listener: undefined, connections: 0 });
  });

  it('finds this very process as the owner of a listener with a connection', async function () {
    skipOffLinux(this, 'sockets and their owners are read from /proc');
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    await once(server, 'connection');
    const { listener, connections } = readPortSockets('/proc/self/net', port);
    assert.equal(connections, 1);
    assert.ok(listener !== undefined);
    assert.equal(findOwner(listener), process.pid);
    client.destroy();
    server.close();
    await once(server, 'close');
    assert.equal(readPortSockets('/proc/self/net', port).listener, undefined);
    assert.equal(findOwner(listener), undefined);
  });
});

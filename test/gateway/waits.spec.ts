import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { readAcceptQueue } from '../../system/proc/net-tcp.ts';
import { Gateway, User } from './tools.ts';

describe('gateway: users that wait though it has time', () => {
  it('MAX_SERVED: who comes beyond it is accepted and waits until one leaves, then one is served', async () => {
    await using gateway = await Gateway.start({ MAX_SERVED: 2, SAMPLE_MS: 50 });
    const [first] = [await User.open(gateway.port), await User.open(gateway.port)];
    let open = 0;
    const late = [1, 2].map(async () => {
      const user = await User.open(gateway.port);
      open += 1;
      return user;
    });
    const { accepted } = await gateway.next('sample', ({ waiting }) => waiting === 2);
    assert.deepEqual([accepted, open], [2, 0]);
    first?.ws.close();
    await Promise.race(late);
    await gateway.next('sample', ({ waiting }) => waiting === 1);
    assert.equal(open, 1);
  });

  it('ACCEPT_UNTIL_USERS: the kernel completes handshakes, accept(2) takes nobody, and who was in stays', async function () {
    if (process.platform !== 'linux') this.skip();
    await using gateway = await Gateway.start({ ACCEPT_UNTIL_USERS: 1, SAMPLE_MS: 50 });
    const user = await User.open(gateway.port);
    const socket = connect(gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    await gateway.next('sample');
    const { accepted } = await gateway.next('sample');
    assert.equal(accepted, 1);
    assert.equal(readAcceptQueue('/proc/self/net', gateway.port), 1);
    assert.equal(user.ws.readyState, user.ws.OPEN);
    socket.destroy();
  });
});

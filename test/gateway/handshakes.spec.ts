import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { Gateway } from './tools.ts';

describe('gateway: its TLS handshakes', () => {
  it('are counted as they begin and as they are over; a connection that says nothing is neither', async () => {
    await using gateway = await Gateway.start({ TLS: 'ecdsa-p256', SAMPLE_MS: 50 });
    const silent = connectTcp(gateway.port, '127.0.0.1').on('error', () => {});
    await once(silent, 'connect');
    const secured = connect({ port: gateway.port, rejectUnauthorized: false }).on('error', () => {});
    await once(secured, 'secureConnect');
    const sample = await gateway.next(
      'sample',
      ({ accepted, handshakes }) => accepted === 2 && handshakes === 1,
    );
    assert.equal(sample.handshakesBegun, 1);
    silent.destroy();
    secured.destroy();
  });

  it('one that the client leaves after the server has signed has begun, and is never over', async () => {
    await using gateway = await Gateway.start({ TLS: 'ecdsa-p256', SAMPLE_MS: 50 });
    const left = connect({ port: gateway.port, rejectUnauthorized: false }).on('error', () => {});
    // The first secret that both know: the server has answered, and the client has not.
    await once(left, 'keylog');
    left.destroy();
    const sample = await gateway.next('sample', ({ handshakesBegun = 0 }) => handshakesBegun > 0);
    assert.equal(sample.handshakesBegun, 1);
  });

  it('own work on users is told apart from them', async () => {
    await using gateway = await Gateway.start({ TLS: 'ecdsa-p256', SAMPLE_MS: 50, HANDSHAKE_COST_MS: 120 });
    const user = connect({ port: gateway.port, rejectUnauthorized: false }).on('error', () => {});
    await once(user, 'secureConnect');
    assert.equal((await gateway.next('sample', ({ handshakes }) => handshakes === 1)).ownMs, 0);
    user.write(
      'GET /bets HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    const { ownMs = 0 } = await gateway.next('sample', ({ upgraded }) => upgraded === 1);
    assert.ok(ownMs >= 120, `${ownMs} ms`);
    user.destroy();
  });

  it('without TLS there is neither', async () => {
    await using gateway = await Gateway.start({ SAMPLE_MS: 50 });
    const { handshakesBegun, ownMs } = await gateway.next('sample');
    assert.deepEqual([handshakesBegun, ownMs], [undefined, undefined]);
  });
});

import assert from 'node:assert/strict';
import { Gateway, raw, UPGRADE, User } from './tools.ts';

describe('gateway over HTTP', () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await Gateway.start({ MAX_CONNECTIONS: 1 });
  });
  after(() => gateway.stop());

  it('says at / how it is, in a line of JSON', async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/`);
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.match(text, /^[^\n]+\n$/);
    assert.equal(JSON.parse(text).status, 'ok');
  });

  it('has no other page', async () => {
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/bets`)).status, 404);
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`, { method: 'POST' })).status, 405);
  });

  for (const [what, status, bytes] of [
    ['an upgrade to another path', 404, UPGRADE.replace('/bets', '/bet')],
    ['an upgrade to something else', 400, UPGRADE.replace('websocket', 'h2c')],
    ['an upgrade without a key', 400, UPGRADE.replace(/Sec-WebSocket-Key.*\r\n/, '')],
    ['an upgrade of another version', 400, UPGRADE.replace('Version: 13', 'Version: 7')],
    ['a tunnel', 405, 'CONNECT gateway:1 HTTP/1.1\r\nHost: gateway:1\r\n\r\n'],
    ['headers without end', 431, `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5000)}`],
    ['a TLS hello', 400, Buffer.from('16030100c8010000c40303', 'hex')],
  ] as const) {
    it(`answers ${what} with ${status}, closes and says so`, async () => {
      const { localPort, ended } = await raw(gateway.port, bytes);
      const line = gateway.next('close', ({ peerPort }) => peerPort === localPort);
      assert.match(await ended, new RegExp(`^HTTP/1.1 ${status} `));
      assert.equal((await line).reason, 'bad-request');
    });
  }

  it('lets in no more than MAX_CONNECTIONS, and again when one has left', async () => {
    const user = await User.open(gateway.port);
    assert.match(await (await raw(gateway.port, UPGRADE)).ended, /^HTTP\/1.1 503 /);
    await gateway.next('close', ({ reason }) => reason === 'max-connections');
    user.ws.close();
    await gateway.next('sample', ({ open }) => open === 0);
    await User.open(gateway.port);
  });

  it('counts every connection once', async () => {
    const { accepted, open, closed } = await gateway.next('sample', ({ open }) => open === 1);
    assert.equal(accepted, open + closed.byGateway + closed.byPeer + closed.byError);
  });
});

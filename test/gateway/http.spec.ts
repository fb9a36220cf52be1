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

describe('gateway with KEEP_ALIVE_MS', () => {
  const GET = 'GET / HTTP/1.1\r\nHost: gateway\r\n\r\n';

  it('serves several requests of a connection, and closes it with a line when it is idle', async () => {
    await using gateway = await Gateway.start({ KEEP_ALIVE_MS: 600, HANDSHAKE_TIMEOUT_MS: 100 });
    const { socket, localPort, ended } = await raw(gateway.port, GET);
    setTimeout(() => socket.write(GET), 300);
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.peerPort], ['keep-alive', localPort]);
    assert.ok(line.ageMs >= 850, `${line.ageMs}`);
    assert.equal((await ended).match(/^HTTP\/1.1 200 /gm)?.length, 2);
  });

  it('without it closes after the answer, and says nothing', async () => {
    await using gateway = await Gateway.start({ SAMPLE_MS: 50 });
    assert.match(await (await raw(gateway.port, GET)).ended, /^HTTP\/1.1 200 /);
    await gateway.next('sample', ({ accepted, closed }) => accepted === 1 && closed.byPeer === 1);
    assert.equal(gateway.lines.all.filter(({ event }) => event === 'close').length, 0);
  });

  it('lets a kept connection become a WebSocket', async () => {
    await using gateway = await Gateway.start({ KEEP_ALIVE_MS: 500 });
    const { socket } = await raw(gateway.port, GET);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(UPGRADE);
    await gateway.next('sample', ({ upgraded, open }) => upgraded === 1 && open === 1);
    // One that came later and stays kept is closed: by then the first would have been, if it were still among those.
    const later = await raw(gateway.port, GET);
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.peerPort], ['keep-alive', later.localPort]);
    await gateway.next('sample', ({ open, closed }) => open === 1 && closed.byGateway === 1);
    socket.destroy();
  });
});

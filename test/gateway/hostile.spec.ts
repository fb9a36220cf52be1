import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { frame, Gateway, raw, SLOW_MS, UPGRADE, User, upgraded } from './tools.ts';

const TEXT = 0x81;
const huge = Buffer.from([TEXT, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

describe('gateway under hostile clients', () => {
  let gateway: Gateway;
  beforeEach(async () => {
    gateway = await Gateway.start({ ROUND_MS: 60_000 });
  });
  afterEach(async () => {
    await assertServes(gateway);
    assert.equal((await gateway.stop()).code, 0);
  });

  for (const [what, bytes, reason, code] of [
    ['is too large', huge, 'too-large', 1009],
    ['is wrong UTF-8', frame(TEXT, Buffer.from([0xc3, 0x28])), 'protocol-error', 1007],
    ['is not masked', Buffer.from([TEXT, 1, 0x41]), 'protocol-error', 1002],
    ['says it is compressed', frame(0xc1, 'a'), 'protocol-error', 1002],
    ['has an unknown opcode', frame(0x83, 'a'), 'protocol-error', 1002],
    ['continues nothing', frame(0x80, 'a'), 'protocol-error', 1002],
    ['closes with a code that is none', frame(0x88, Buffer.from([0, 1])), 'protocol-error', 1002],
  ] as const) {
    it(`close a connection whose frame ${what} with ${code}`, async () => {
      const { socket, localPort } = await upgraded(gateway.port);
      const closed = new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
      socket.write(bytes);
      const line = await gateway.next('close');
      assert.deepEqual([line.reason, line.code, line.peerPort], [reason, code, localPort]);
      assert.ok(line.ageMs >= 0);
      await closed;
      socket.destroy();
    });
  }

  it('say when a socket ends by an error', async () => {
    const { socket, localPort } = await upgraded(gateway.port);
    socket.resetAndDestroy();
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.detail, line.peerPort], ['socket-error', 'ECONNRESET', localPort]);
    const { closed } = await gateway.next('sample', ({ open }) => open === 0);
    assert.deepEqual(closed, { byGateway: 0, byPeer: 0, byError: 1 });
  });

  it('end with a peer that only half closes', async () => {
    const { socket } = await upgraded(gateway.port);
    socket.end();
    const { closed } = await gateway.next('sample', ({ closed }) => closed.byPeer === 1);
    assert.deepEqual(closed, { byGateway: 0, byPeer: 1, byError: 0 });
  });

  it('survive any bytes in place of a request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const { socket } = await raw(gateway.port, bytes);
        await sent(socket);
        socket.destroy();
        assert.equal(gateway.child.exitCode, null);
      }),
      { numRuns: 150 },
    );
  }).timeout(SLOW_MS);

  it('survive any bytes and any frames after the upgrade', async () => {
    const payload = fc.oneof(fc.json(), fc.uint8Array({ maxLength: 200 }));
    const anyFrame = fc
      .tuple(fc.integer({ min: 0, max: 255 }), payload)
      .map(([first, data]) => frame(first, data));
    const textFrame = payload.map((data) => frame(TEXT, data));
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(anyFrame, textFrame, bytes), { maxLength: 5 }), async (frames) => {
        const { socket } = await raw(gateway.port, UPGRADE, ...frames);
        await sent(socket);
        if (frames.length % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
        assert.equal(gateway.child.exitCode, null);
      }),
      { numRuns: 150 },
    );
  }).timeout(SLOW_MS);
});

function sent(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('data', () => resolve()).once('close', () => resolve());
    setTimeout(resolve, 20);
  });
}

async function assertServes(gateway: Gateway): Promise<void> {
  const user = await User.open(gateway.port);
  user.bet('still', (await user.next('betting-open')).round);
  assert.equal((await user.next('bet-ack')).id, 'still');
  user.ws.terminate();
}

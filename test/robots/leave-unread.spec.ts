import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcp, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { certificateWith } from '../../gateway/certificates/certificate.ts';
import { lone } from './tools.ts';

const { cert, key } = await certificateWith('ecdsa-p256');
const LEAVES = { KIND: 'tcp', STAY_MS: 200, HOLD_MS: 600 } as const;
const secure = { TARGET_OPTIONS: JSON.stringify({ tls: { ca: cert, servername: 'gateway' } }) };

/** How the server's side of the one connection ended, and what had been written to it by then. */
async function endOf(env: Record<string, string | number>, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const server = createServer({ cert, key, maxVersion });
  let tcp: Socket | undefined;
  server.on('connection', (socket: Socket) => {
    tcp = socket;
  });
  const ended = new Promise<{ how: string; sent: number }>((resolve) => {
    const end = (how: string) => resolve({ how, sent: tcp?.bytesWritten ?? 0 });
    server.on('secureConnection', (socket) => {
      socket.on('error', ({ code }: NodeJS.ErrnoException) => end(`${code}`));
      socket.on('end', () => end('end')).resume();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const user = await lone(port, { ...LEAVES, ...secure, ...env });
  const { how, sent } = await ended;
  server.close();
  return { user, how, sent };
}

describe('robots that leave unread what came', () => {
  it('TLS 1.3: the server reads ECONNRESET, and had sent tickets after all that they read', async () => {
    const { user, how, sent } = await endOf({ LEAVE_UNREAD: 1 }, 'TLSv1.3');
    assert.equal(how, 'ECONNRESET');
    assert.deepEqual([user.outcome, user.stage, user.hadRead?.tls], ['open', 'open', 'TLSv1.3']);
    assert.ok(user.leftMs !== undefined);
    const { bytes = 0 } = user.hadRead ?? {};
    assert.ok(bytes > 500 && sent > bytes, `${bytes} of ${sent} bytes read`);
  });

  it('TLS 1.2: all was read in the handshake, and the server reads the end', async () => {
    const { user, how, sent } = await endOf({ LEAVE_UNREAD: 1 }, 'TLSv1.2');
    assert.equal(how, 'end');
    assert.deepEqual(user.hadRead, { bytes: sent, tls: 'TLSv1.2' });
  });

  it('without it: the server reads the end, and nothing is told of what was read', async () => {
    const { user, how } = await endOf({ LEAVE_UNREAD: 0 }, 'TLSv1.3');
    assert.equal(how, 'end');
    assert.equal(user.hadRead, undefined);
  });

  it('without TLS too: what a server says at once stays in the kernel', async () => {
    const server = createTcp((socket) => {
      socket.on('error', () => {});
      // Once the client is sure to know that it is connected.
      setTimeout(() => socket.write('welcome'), 80);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const { hadRead } = await lone(port, { ...LEAVES, LEAVE_UNREAD: 1 });
    server.close();
    assert.deepEqual(hadRead, { bytes: 0 });
  });
});

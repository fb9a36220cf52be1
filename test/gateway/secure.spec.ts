import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { certificateWith, type KeyKind } from '../../gateway/certificates/certificate.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { Gateway, UPGRADE } from './tools.ts';

const TLS = { TLS: 'ecdsa-p256', SAMPLE_MS: 50 };
const KINDS = SETTINGS.tls.values.filter((value) => value !== 'off');
const { cert: ca } = await certificateWith('ecdsa-p256');

/** A user on TLS whose upgrade has been answered, and the port that it has. */
async function inside(port: number): Promise<{ socket: TLSSocket; localPort: number | undefined }> {
  const socket = await secured(port);
  const { localPort } = socket;
  socket.write(UPGRADE);
  await new Promise((resolve) => socket.once('data', resolve));
  return { socket, localPort };
}

async function secured(port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca, servername: 'gateway' });
  socket.on('error', () => {});
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

function closed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''));
    socket.on('end', () => resolve('FIN'));
    socket.resume();
  });
}

describe('certificates of the gateway', () => {
  it('are there for every value of the setting', async () => {
    assert.deepEqual(KINDS, ['ecdsa-p256', 'rsa-2048', 'rsa-4096'] satisfies KeyKind[]);
  });

  for (const kind of KINDS)
    it(`${kind} is for gateway, localhost and loopback, has its key, and is good for 50 years more`, async () => {
      const { cert, key } = await certificateWith(kind);
      const read = new X509Certificate(cert);
      for (const name of ['gateway', 'localhost']) assert.ok(read.checkHost(name));
      for (const address of ['127.0.0.1', '::1']) assert.ok(read.checkIP(address));
      const { createPrivateKey } = await import('node:crypto');
      assert.ok(read.checkPrivateKey(createPrivateKey(key)));
      const years = (Date.parse(read.validTo) - Date.now()) / (365.25 * 24 * 3600 * 1000);
      assert.ok(years > 50, `${years} years`);
      const { asymmetricKeyType, asymmetricKeyDetails } = read.publicKey;
      const size = asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve;
      assert.deepEqual(
        [asymmetricKeyType, size],
        kind === 'ecdsa-p256' ? ['ec', 'prime256v1'] : ['rsa', Number(kind.slice(4))],
      );
    });
});

describe('gateway: TLS', () => {
  for (const kind of KINDS)
    it(`${kind}: lets users in that trust its certificate, and counts connections, handshakes and users`, async () => {
      await using gateway = await Gateway.start({ ...TLS, TLS: kind });
      const { cert } = await certificateWith(kind);
      const user = new WebSocket(`wss://127.0.0.1:${gateway.port}/bets`, { ca: cert });
      await new Promise((resolve, reject) => user.once('message', resolve).once('error', reject));
      connectPlain(gateway.port, '127.0.0.1').on('error', () => {});
      const sample = await gateway.next('sample', ({ open, accepted }) => open === 1 && accepted === 2);
      assert.deepEqual([sample.handshakes, sample.upgraded], [1, 1]);
      user.close();
      await gateway.next('sample', ({ open, closed: { byPeer } }) => open === 0 && byPeer === 1);
    });

  it('answers HTTP, and ends in order at SIGTERM', async () => {
    await using gateway = await Gateway.start(TLS);
    const site = await secured(gateway.port);
    site.write('GET / HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const said = await new Promise<string>((resolve) => site.once('data', (data) => resolve(`${data}`)));
    assert.match(said, /^HTTP\/1\.1 200 OK/);
    const user = new WebSocket(`wss://127.0.0.1:${gateway.port}/bets`, { ca });
    await new Promise((resolve) => user.once('message', resolve));
    const code = new Promise((resolve) => user.once('close', resolve));
    const { code: exit } = await gateway.stop();
    assert.deepEqual([await code, exit], [1001, 0]);
  });

  it('without it, a sample has no count of handshakes', async () => {
    await using gateway = await Gateway.start({ SAMPLE_MS: 50 });
    assert.equal((await gateway.next('sample')).handshakes, undefined);
  });

  it('tells of a handshake that failed: what is no TLS, a peer that aborts; a peer that leaves is none', async () => {
    await using gateway = await Gateway.start(TLS);
    const http = connectPlain(gateway.port, '127.0.0.1', () => http.write('GET / HTTP/1.1\r\n\r\n'));
    await closed(http);
    const wrong = await gateway.next('close');
    assert.deepEqual([wrong.reason, wrong.detail], ['tls-error', 'ERR_SSL_HTTP_REQUEST']);
    const leaving = connectPlain(gateway.port, '127.0.0.1', () => leaving.end());
    await closed(leaving);
    const aborting = connectPlain(gateway.port, '127.0.0.1', () => {
      setTimeout(() => aborting.resetAndDestroy(), 50);
    });
    const port = await new Promise((resolve) => aborting.once('connect', () => resolve(aborting.localPort)));
    const reset = await gateway.next('close');
    assert.deepEqual([reset.reason, reset.detail, reset.peerPort], ['socket-error', 'ECONNRESET', port]);
    const { closed: ended } = await gateway.next(
      'sample',
      ({ closed: { byError, byPeer } }) => byError + byPeer === 3,
    );
    assert.deepEqual(ended, { byGateway: 0, byPeer: 1, byError: 2 });
  });

  it('HANDSHAKE_TIMEOUT_MS covers its handshake as well', async () => {
    await using gateway = await Gateway.start({ ...TLS, HANDSHAKE_TIMEOUT_MS: 100 });
    const silent = connectPlain(gateway.port, '127.0.0.1');
    await closed(silent);
    assert.equal((await gateway.next('close')).reason, 'handshake-timeout');
    const asksNothing = await secured(gateway.port);
    await closed(asksNothing);
    assert.equal((await gateway.next('close')).reason, 'handshake-timeout');
  });

  it('MAX_SERVED lets those wait in the handshake whose turn it is not', async () => {
    await using gateway = await Gateway.start({ ...TLS, MAX_SERVED: 1 });
    const first = await inside(gateway.port);
    const second = inside(gateway.port);
    await gateway.next('sample', ({ accepted, waiting }) => accepted === 1 && waiting === 1);
    first.socket.destroy();
    (await second).socket.destroy();
  });

  it('CLOSE_UNREAD_MS leaves what a user sends to the kernel: RST to who has sent something, FIN to who has not', async () => {
    await using gateway = await Gateway.start({ ...TLS, CLOSE_UNREAD_MS: 300 });
    const [talker, silent] = [await inside(gateway.port), await inside(gateway.port)];
    const ends = [closed(talker.socket), closed(silent.socket)];
    talker.socket.write('anything');
    assert.deepEqual(await Promise.all(ends), ['ECONNRESET', 'FIN']);
    const { reason, peerPort } = await gateway.next('close');
    assert.deepEqual([reason, peerPort], ['unread', talker.localPort]);
  });

  it('LEAK keeps the connection of a user that has left, and says nothing to it', async () => {
    await using gateway = await Gateway.start({ ...TLS, LEAK: 1 });
    const { socket } = await inside(gateway.port);
    let ended = false;
    socket.on('end', () => {
      ended = true;
    });
    socket.end();
    await gateway.next('sample', ({ open }) => open === 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(ended, false);
    assert.deepEqual((await gateway.next('sample')).closed, { byGateway: 0, byPeer: 0, byError: 0 });
    socket.destroy();
  });

  it('RESTART_AT_USERS resets users on TLS, as a killed process does', async () => {
    await using gateway = await Gateway.start({ ...TLS, RESTART_AT_USERS: 1, RESTART_MS: 50 });
    const socket = await secured(gateway.port);
    const end = closed(socket);
    socket.write(UPGRADE);
    assert.equal(await end, 'ECONNRESET');
    assert.equal((await gateway.next('close')).reason, 'restart');
    await gateway.next('restart', ({ phase }) => phase === 'up');
  });

  it('PROCESS_PER_USER has a process for each from accept on', async () => {
    await using gateway = await Gateway.start({ ...TLS, PROCESS_PER_USER: 1 });
    const { socket } = await inside(gateway.port);
    await gateway.next('sample', ({ open }) => open === 1);
    socket.destroy();
    await gateway.next('sample', ({ open, closed: { byPeer } }) => open === 0 && byPeer === 1);
  });
});

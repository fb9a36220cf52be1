import assert from 'node:assert/strict';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { certificateWith } from '../../gateway/certificates/certificate.ts';
import type { TargetOptions, TlsOptions } from '../../protocol/target-options.ts';
import { acceptOf } from '../../robots/handshake.ts';
import { crowd, Fleet, Listener, lone, UPGRADED } from './tools.ts';

const { cert, key } = await certificateWith('ecdsa-p256');
const TRUSTED: TlsOptions = { ca: cert, servername: 'gateway' };
const UNTIL_IT_ENDS = { ROUNDS: 1, ROUND_WAIT_MS: 60_000 };

function over(tls: TlsOptions = TRUSTED, more: Omit<TargetOptions, 'tls'> = {}) {
  return { TARGET_OPTIONS: JSON.stringify({ tls, ...more } satisfies TargetOptions) };
}

/** A TLS server of Node on a port of its own, and the TCP connections that it has. */
class Secure {
  readonly server: Server;
  readonly sockets = new Set<Socket>();

  private constructor(options: object, onSecure: (socket: TLSSocket, tcp: Socket) => void) {
    this.server = createServer({ cert, key, ...options }, (socket) => {
      socket.on('error', () => {});
      const tcp = [...this.sockets].find(({ remotePort }) => remotePort === socket.remotePort);
      onSecure(socket, tcp as Socket);
    });
    this.server.on('tlsClientError', () => {});
    this.server.on('connection', (socket) => {
      this.sockets.add(socket.on('close', () => this.sockets.delete(socket)));
    });
  }

  static async start(onSecure: (socket: TLSSocket, tcp: Socket) => void, options = {}): Promise<Secure> {
    const secure = new Secure(options, onSecure);
    await new Promise<void>((resolve) => secure.server.listen(0, '127.0.0.1', resolve));
    return secure;
  }

  /** Lets each user in, then does this. */
  static upgrading(then: (socket: TLSSocket, tcp: Socket) => void = () => {}, options = {}) {
    return Secure.start((socket, tcp) => {
      socket.once('data', (request) => {
        // A close frame is answered by closing, as a gateway does.
        socket.on('data', (frame) => frame[0] === 0x88 && socket.end());
        const offered = /^Sec-WebSocket-Key: (.*)$/im.exec(request.toString('latin1'))?.[1] ?? '';
        socket.write(UPGRADED.replace('{accept}', acceptOf(offered.trim())), () => then(socket, tcp));
      });
    }, options);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose]() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function fate(port: number, env: Record<string, string | number> = over()) {
  const { outcome, stage, errno, syscall, detail } = await lone(port, env);
  return [outcome, stage, errno, syscall, detail].filter((part) => part !== undefined).join(' | ');
}

describe('robots that speak TLS', () => {
  it('are connected, secured and open, in this order, each with a handshake of its own', async () => {
    let resumed = 0;
    await using server = await Secure.upgrading((socket) => {
      resumed += Number(socket.isSessionReused());
    });
    const { counts, users } = await crowd(server.port, 20, { ...over(), HOLD_MS: 100 });
    assert.deepEqual(counts, { 'open open': 20 });
    for (const { connectedMs = 0, securedMs = 0, openMs = 0, port } of users) {
      assert.ok(connectedMs > 0 && connectedMs <= securedMs && securedMs <= openMs);
      assert.ok(port !== undefined && port > 0);
    }
    assert.equal(resumed, 0);
  });

  it('speak TLS 1.2 where they are told to', async () => {
    const versions = new Set<string | null>();
    await using server = await Secure.upgrading((socket) => versions.add(socket.getProtocol()));
    await crowd(server.port, 2, over());
    await crowd(server.port, 2, over({ ...TRUSTED, maxVersion: 'TLSv1.2' }));
    assert.deepEqual([...versions], ['TLSv1.3', 'TLSv1.2']);
  });

  it('ask for the name that they were given, and for no address', async () => {
    const names: unknown[] = [];
    await using server = await Secure.upgrading((socket) => names.push(socket.servername));
    await lone(server.port, over());
    await lone(server.port, { ...over({ ca: cert }), TARGET_HOST: 'localhost' });
    await lone(server.port, over({ ca: cert }));
    assert.deepEqual(names, ['gateway', 'localhost', false]);
  });

  it('are open with KIND=tcp once the handshake is over', async () => {
    await using server = await Secure.start(() => {});
    const { counts, users } = await crowd(server.port, 5, { ...over(), KIND: 'tcp', HOLD_MS: 50 });
    assert.deepEqual(counts, { 'open open': 5 });
    for (const { securedMs = 0, openMs = 0 } of users) assert.ok(securedMs > 0 && openMs >= securedMs);
  });
});

describe('a certificate that does not verify', () => {
  it('is of the stage tls, with the flag that helps', async () => {
    await using server = await Secure.upgrading();
    assert.equal(
      await fate(server.port, over({ servername: 'gateway' })),
      'protocol | tls | DEPTH_ZERO_SELF_SIGNED_CERT | its certificate is self-signed: --ca FILE trusts it, --insecure takes any',
    );
    assert.equal(
      await fate(server.port, over({ ca: cert, servername: 'shop.example' })),
      'protocol | tls | ERR_TLS_CERT_ALTNAME_INVALID | its certificate is for other names (DNS:gateway, DNS:localhost, ' +
        'IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1): --servername NAME looks for that one, --insecure takes any',
    );
    assert.equal(
      await fate(server.port, over({ insecure: true, servername: 'shop.example' })),
      'open | open',
    );
  });
});

describe('endings of a user in the TLS handshake', () => {
  it('eof: the server ends its side after the hello', async () => {
    await using listener = await Listener.start((socket) => socket.once('data', () => socket.end()));
    assert.equal(await fate(listener.port), 'eof | tls');
  });

  it('eof: the server closes after it has read the hello', async () => {
    await using listener = await Listener.start((socket) => socket.once('data', () => socket.destroy()));
    assert.equal(await fate(listener.port), 'eof | tls');
  });

  it('reset: the server aborts', async () => {
    await using listener = await Listener.start((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    assert.equal(await fate(listener.port), 'reset | tls | ECONNRESET | read');
  });

  it('reset: the server closes at once, whether our hello had come or not', async () => {
    await using listener = await Listener.start((socket) => socket.destroy());
    const { counts, users } = await crowd(listener.port, 300, over());
    assert.deepEqual(counts, { 'reset tls': 300 });
    for (const { errno, syscall, detail } of users) {
      const how = [errno, syscall, detail].join();
      assert.ok(
        ['ECONNRESET,read,', 'EPIPE,,FIN, then RST to our TLS hello'].includes(how) ||
          how.startsWith('ECONNRESET,write') ||
          how.startsWith('EPIPE,write'),
        how,
      );
    }
  });

  it('timeout: the server says nothing', async () => {
    await using listener = await Listener.start(() => {});
    assert.equal(
      await fate(listener.port, { ...over(), CONNECT_TIMEOUT_MS: 100 }),
      'timeout | tls | our own deadline: the TLS handshake took longer than 100 ms',
    );
  });

  for (const [who, words] of [
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['a mail server', '220 mail.example ESMTP\r\n'],
    ['redis', '-ERR unknown command\r\n'],
  ] as const)
    it(`protocol: ${who} answers`, async () => {
      await using listener = await Listener.start((socket) => socket.once('data', () => socket.end(words)));
      const errno = 'ERR_SSL_WRONG_VERSION_NUMBER';
      assert.equal(
        await fate(listener.port),
        `protocol | tls | ${errno} | the server does not speak TLS on this port`,
      );
    });

  it('protocol: an alert, in its own words', async () => {
    await using server = await Secure.upgrading(() => {}, { minVersion: 'TLSv1.3' });
    assert.equal(
      await fate(server.port, over({ ...TRUSTED, maxVersion: 'TLSv1.2' })),
      'protocol | tls | ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION | the server ended TLS with the alert "protocol version"',
    );
  });
});

describe('endings of a user after the TLS handshake', () => {
  it('eof: close_notify and FIN before the answer', async () => {
    await using server = await Secure.start((socket) => socket.once('data', () => socket.end()));
    assert.equal(await fate(server.port), 'eof | upgrade');
  });

  it('eof: FIN without close_notify', async () => {
    await using server = await Secure.start((socket, tcp) => socket.once('data', () => tcp.destroy()));
    assert.equal(await fate(server.port), 'eof | upgrade');
  });

  it('reset: before the answer', async () => {
    await using server = await Secure.start((socket, tcp) =>
      socket.once('data', () => tcp.resetAndDestroy()),
    );
    assert.equal(await fate(server.port), 'reset | upgrade | ECONNRESET | read');
  });

  it('reset: while open', async () => {
    await using server = await Secure.upgrading((_, tcp) => tcp.resetAndDestroy());
    assert.equal(
      await fate(server.port, { ...over(), ...UNTIL_IT_ENDS }),
      'reset | open | ECONNRESET | read',
    );
  });

  it('eof: close_notify and FIN while open', async () => {
    await using server = await Secure.upgrading((socket) => socket.end());
    assert.equal(await fate(server.port, { ...over(), ...UNTIL_IT_ENDS }), 'eof | open');
  });

  it('reset: close_notify, then RST', async () => {
    await using server = await Secure.upgrading((socket, tcp) => socket.end(() => tcp.resetAndDestroy()));
    assert.equal(
      await fate(server.port, { ...over(), ...UNTIL_IT_ENDS }),
      'reset | open | EPIPE | FIN, then RST to what we sent',
    );
  });
});

describe('a user with TLS whose connect fails at once', () => {
  it('is out of descriptors as one without', async () => {
    await using server = await Secure.upgrading();
    const env = { ...over(), TARGET_PORT: server.port, USERS: 100, ROUNDS: 0, SHARDS: 1 };
    await using fleet = new Fleet(env, 64);
    const { code, report } = await fleet.ended;
    assert.equal(code, 0);
    const { 'open open': open = 0, 'no-fd connect': none = 0 } = report.counts;
    assert.ok(open > 0 && none > 0);
    assert.equal(open + none, 100);
  });
});

describe('the name that a user over TLS looks for', () => {
  /** What Node's own client says of it. */
  const byNode = (port: number, servername: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca: cert, servername });
      socket
        .on('secureConnect', () => resolve('open'))
        .on('error', ({ code }: NodeJS.ErrnoException) => resolve(`${code}`));
      socket.on('close', () => resolve('closed'));
    });

  for (const name of ['gateway', 'GATEWAY', 'localhost', 'gateway.example', 'atewa'])
    it(`${name}: as Node's own client says`, async () => {
      await using server = await Secure.upgrading();
      const { errno = 'open' } = await lone(server.port, over({ ca: cert, servername: name }));
      assert.equal(errno, await byNode(server.port, name));
    });

  it('an address is looked for among the addresses', async () => {
    await using server = await Secure.upgrading();
    assert.equal(await fate(server.port, over({ ca: cert })), 'open | open');
    assert.match(await fate(server.port, over({ ca: cert, servername: '127.0.0.2' })), /ALTNAME_INVALID/);
  });
});

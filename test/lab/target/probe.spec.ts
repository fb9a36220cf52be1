import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { probe } from '../../../lab/target/probe.ts';
import type { TargetOptions } from '../../../protocol/target-options.ts';

type Kind = 'tcp' | 'http' | 'ws';

/** What a probe finds of a server of this test's, and how each of its connections ended there. */
async function found(server: Server, kind: Kind, options: TargetOptions = {}) {
  const ends: string[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket
      .on('end', () => ends.push('FIN'))
      .on('error', ({ code }: NodeJS.ErrnoException) => ends.push(code ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const { is } = await probe({ host: '127.0.0.1', port, kind, path: '/', options, timeoutMs: 500 });
    return { is, ends };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const silent = () => createServer((socket) => void socket.resume());
const echoing = () => createServer((socket) => void socket.pipe(socket));
const greeting = () =>
  createServer({ allowHalfOpen: false }, (socket) => void socket.resume().write('220 hello\r\n'));
const cutting = () => createServer((socket) => void socket.resetAndDestroy());
const answering = (status: number) =>
  createHttp((_, answer) => {
    answer.statusCode = status;
    answer.end('no');
  });
const secure = { tls: { insecure: true } };

describe('a probe, of a server that is healthy or ill and not spoken to in vain', () => {
  for (const [what, server, kind, options] of [
    ['http that answers', () => answering(200), 'http', {}],
    ['http that fails', () => answering(503), 'http', {}],
    ['http that takes none of it', () => answering(400), 'http', {}],
    ['http that cuts everybody off', cutting, 'http', {}],
    ['http that says nothing', silent, 'http', {}],
    ['ws whose path is not there', () => answering(404), 'ws', {}],
    ['ws that fails whatever is offered', () => answering(500), 'ws', { subprotocols: ['play'] }],
    ['tcp that speaks first', greeting, 'tcp', {}],
    ['tcp that says nothing', silent, 'tcp', {}],
    ['tcp that says what it hears', echoing, 'tcp', {}],
    ['TLS that says nothing', silent, 'http', secure],
    ['TLS that cuts everybody off', cutting, 'ws', secure],
    ['TLS that says nothing, bare', silent, 'tcp', secure],
  ] as [string, () => Server, Kind, TargetOptions][])
    it(`${what}: nothing to put right`, async () => {
      // One that is cut off at once may be told so before it is told that it was connected.
      assert.ok(['fine', 'unreached'].includes((await found(server(), kind, options)).is));
    });

  it('of nobody: it was not reached', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    for (const options of [{}, secure])
      assert.deepEqual(
        await probe({ host: '127.0.0.1', port, kind: 'http', path: '/', options, timeoutMs: 500 }),
        { is: 'unreached' },
      );
  });

  it('of one that speaks no TLS, by what it says to a hello', async () => {
    for (const server of [answering(200), greeting()])
      assert.equal((await found(server, 'tcp', secure)).is, 'plain');
  });

  it('it ends in order', async () => {
    assert.deepEqual(await found(answering(200), 'http'), { is: 'fine', ends: ['FIN'] });
    assert.deepEqual(await found(greeting(), 'tcp'), { is: 'fine', ends: ['FIN'] });
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { SeldomListeners } from '../../../lab/evidence/linux/seldom-listeners.ts';
import { onLinuxOnly } from '../../skip.ts';

const NET = '/proc/self/net';
const counted = (opens: number, resets = 0) => ({ 'Tcp PassiveOpens': opens, 'Tcp OutRsts': resets });

async function listen(host: string, port = 0): Promise<Server & { port: number }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return Object.assign(server, { port: address !== null && typeof address === 'object' ? address.port : 0 });
}

describe('listeners that are read seldom', () => {
  onLinuxOnly('/proc/net/tcp');
  let server: Server & { port: number };
  let listeners: SeldomListeners;
  beforeEach(async () => {
    server = await listen('127.0.0.1');
    // So seldom that nothing but a reason makes it read.
    listeners = new SeldomListeners(server.port, 1e-9);
  });
  afterEach(() => server.close());

  const read = (opens: number, rest: { resets?: number; changed?: boolean } = {}) =>
    listeners.read(NET, counted(opens, rest.resets), rest.changed);

  it('are read again when somebody was let in or refused, and not while nothing moves', () => {
    for (let turn = 0; turn < 3; turn += 1) read(1);
    const still = read(1);
    assert.equal(read(1), still, 'it was read for nothing');
    assert.notEqual(read(2), still);
    for (let turn = 0; turn < 3; turn += 1) read(2);
    const later = read(2);
    assert.notEqual(read(2, { resets: 1 }), later);
  });

  it('one that was closed is missed as soon as it is asked for', async () => {
    for (let turn = 0; turn < 4; turn += 1) assert.equal(read(1).length, 1);
    server.close();
    await once(server, 'close');
    assert.deepEqual(read(1, { changed: true }), []);
  });

  for (const one of [false, true])
    it(`who waits in the queue is seen, and is looked at until nobody does${one ? ', of one listener' : ''}`, async () => {
      const program =
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(5); print(s.getsockname()[1], flush=True); input(); s.accept(); print('taken', flush=True); input()";
      const python = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        const [port] = await once(python.stdout.setEncoding('utf8'), 'data');
        listeners = new SeldomListeners(Number(port), 1e-9, one);
        for (let turn = 0; turn < 4; turn += 1) assert.equal(read(1)[0]?.waiting, 0);
        const client = connect(Number(port), '127.0.0.1');
        await once(client, 'connect');
        for (let turn = 0; turn < 4; turn += 1) assert.equal(read(2)[0]?.waiting, 1);
        python.stdin.write('\n');
        await once(python.stdout, 'data');
        assert.equal(read(2)[0]?.waiting, 0, 'nobody came, but one was taken');
        client.destroy();
      } finally {
        python.kill('SIGKILL');
      }
    });
});

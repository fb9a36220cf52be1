import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { certificateWith, type KeyKind } from '../../../gateway/certificates/certificate.ts';
import { costOfUser } from '../../../lab/target/user-cost.ts';
import { skipOffLinux } from '../../skip.ts';

/** A server of TLS with this key, that computes for so long for each request. */
async function serve(kind: KeyKind, busyMs: number): Promise<{ child: ChildProcess; port: number }> {
  const text = `import { createServer } from 'node:https';
    const busy = () => { const end = performance.now() + ${busyMs}; while (performance.now() < end); };
    const server = createServer(${JSON.stringify(await certificateWith(kind))}, (_, answer) => { busy(); answer.end('ok'); });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  return { child, port: Number(String(said)) };
}

/** One connection; with a request it waits for the answer. */
async function talk(port: number, asks: boolean): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  if (asks) {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
  }
  socket.end();
  await once(socket, 'close');
  return true;
}

describe('what a user over TLS costs a server', function () {
  this.timeout(20_000);
  before(function () {
    skipOffLinux(this, '/proc/PID/schedstat');
  });

  for (const [what, kind, busyMs, larger] of [
    ['a key that signs slowly: the handshake is most of it', 'rsa-4096', 0, true],
    ['a request that takes long: the request is', 'ecdsa-p256', 20, false],
  ] as const)
    it(what, async () => {
      const { child, port } = await serve(kind, busyMs);
      try {
        const cost = await costOfUser(
          port,
          () => talk(port, false),
          () => talk(port, true),
        );
        assert.ok(cost, 'not measured');
        assert.ok(cost.handshakeMs > 0 && cost.requestMs >= 0);
        assert.equal(cost.handshakeMs > cost.requestMs, larger, JSON.stringify(cost));
      } finally {
        child.kill();
      }
    });

  it('nothing, where nobody listens or a connection fails', async () => {
    assert.equal(await costOfUser(1, async () => true), undefined);
    const { child, port } = await serve('ecdsa-p256', 0);
    try {
      assert.equal(await costOfUser(port, async () => false), undefined);
    } finally {
      child.kill();
    }
  });
});

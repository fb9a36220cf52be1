import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type Host, thisHost } from '../../system/host.ts';
import { takenPorts } from '../../system/local-ports.ts';
import { onLinuxOnly } from '../skip.ts';

const ALL = { first: 1, last: 65_535 };

/** This machine, with those ports reserved. */
const reserving = (reserved: string): Host => ({
  ...thisHost,
  read: (path) => (path.endsWith('/ip_local_reserved_ports') ? reserved : thisHost.read(path)),
});

async function listening(host: string): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('local ports that connect(2) passes over', () => {
  onLinuxOnly('they are read from /proc/net');

  for (const host of ['127.0.0.1', '::1']) {
    it(`a listener's on ${host}, as long as it listens, and only within the range`, async () => {
      let port: number;
      {
        await using server = await listening(host);
        port = server.port;
        assert.ok(takenPorts(ALL)?.includes(port));
        assert.deepEqual(takenPorts({ first: port, last: port }), [port]);
        assert.ok(!takenPorts({ first: 1, last: port - 1 })?.includes(port));
      }
      assert.deepEqual(takenPorts({ first: port, last: port }), []);
    });
  }

  it('reserved ones, each once, in order', () => {
    const taken = (reserved: string) => takenPorts({ first: 2, last: 9 }, reserving(reserved));
    assert.deepEqual(taken('\n'), []);
    assert.deepEqual(taken('9,3-5,11\n'), [3, 4, 5, 9]);
    assert.deepEqual(taken('4,8-65535\n'), [4, 8, 9]);
  });

  it('are not known off Linux', () => {
    assert.equal(takenPorts(ALL, { ...thisHost, platform: 'darwin' }), undefined);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { listeningAt, reachedAt, toldAddress } from '../../../lab/target/reached-at.ts';

const at = (addresses: string[], ...bound: string[]) =>
  listeningAt(
    addresses,
    bound.map((address) => ({ address })),
  );
const BOTH = ['127.0.0.1', '::1'];

describe('which of its addresses a server is reached at', () => {
  it('the first that a listener has, or one of its IP version on every address', () => {
    assert.equal(at(BOTH, '127.0.0.1', '::1'), '127.0.0.1');
    assert.equal(at(BOTH, '::1'), '::1');
    assert.equal(at(BOTH, '0.0.0.0'), '127.0.0.1');
    assert.equal(at(['192.0.2.1', '127.0.0.1'], '127.0.0.1'), '127.0.0.1');
    assert.equal(at(['0.0.0.0'], '127.0.0.1'), '0.0.0.0');
    assert.equal(at(BOTH, '127.0.0.2', '192.0.2.1'), undefined);
    assert.equal(at(BOTH), undefined);
  });

  it('a listener of IPv6 on every address may take IPv4 as well: where no address of IPv6 is there', () => {
    assert.equal(at(BOTH, '::'), '::1');
    assert.equal(at(['127.0.0.1'], '::'), '127.0.0.1');
    assert.equal(at(['::1'], '0.0.0.0'), undefined);
  });

  it('says what the name is, and which is used', () => {
    assert.equal(toldAddress('localhost', BOTH, '::1'), 'localhost is 127.0.0.1 and ::1: ::1 is used');
    assert.equal(toldAddress('localhost', ['::1'], '::1'), 'localhost is ::1');
    assert.equal(toldAddress('::1', ['::1'], '::1'), undefined);
  });

  for (const here of [true, false])
    it(`${here ? 'of this machine, as the kernel has it' : 'of another, by a connection to each in turn'}`, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        assert.equal(await reachedAt('--url x', ['127.0.0.9', '127.0.0.1'], port, here), '127.0.0.1');
        await assert.rejects(
          reachedAt('--url x', ['127.0.0.9', '127.0.0.8'], port, here),
          here
            ? /^UsageError: --url x: nobody listens on port \d+ at 127\.0\.0\.9 or 127\.0\.0\.8; allowed: the address at which somebody does \(127\.0\.0\.1\)/
            : /^UsageError: --url x: nobody answers on port \d+ \(127\.0\.0\.9: ECONNREFUSED, 127\.0\.0\.8: ECONNREFUSED\)/,
        );
      } finally {
        server.close();
      }
    });
});

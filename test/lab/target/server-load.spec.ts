import assert from 'node:assert/strict';
import { hostOf } from '../../../lab/target/server-load.ts';

describe('diagnose: where robots reach a server', () => {
  for (const [what, addresses, host] of [
    ['all addresses', ['0.0.0.0'], '127.0.0.1'],
    ['all addresses, as ss writes them', ['*'], '127.0.0.1'],
    ['all of IPv6 alone', ['::'], '::1'],
    ['loopback alone', ['127.0.0.1'], '127.0.0.1'],
    ['one address', ['192.0.2.7'], '192.0.2.7'],
    ['one address of IPv6', ['2001:db8::7'], '2001:db8::7'],
    ['an address of IPv4 in IPv6', ['::ffff:c633:6407'], '198.51.100.7'],
    ['one of several that is all', ['192.0.2.7', '::', '0.0.0.0'], '127.0.0.1'],
    ['the first of several', ['192.0.2.7', '192.0.2.8'], '192.0.2.7'],
    ['a link of one interface', ['fe80::1%eth0'], 'fe80::1%eth0'],
    ['an address that nobody could read', [], '127.0.0.1'],
  ] as const)
    it(`${what}: ${host}`, () => assert.equal(hostOf({ addresses: [...addresses] }), host));

  it('where other servers have an address of its own, another one', () => {
    const host = (address: string, ...others: string[]) =>
      hostOf({
        addresses: [address],
        otherAddresses: others,
        interfaces: { eth0: ['192.0.2.1', 'fe80::1', '2001:db8::7'] },
      });
    assert.equal(host('0.0.0.0', '127.0.0.1', '127.0.0.2'), '127.0.0.3');
    assert.equal(host('*', '::ffff:7f00:1'), '127.0.0.2');
    assert.equal(host('::', '::1'), '2001:db8::7');
    assert.throws(() => host('::', '::1', '2001:db8::7'), /other servers listen on the same port/);
  });
});

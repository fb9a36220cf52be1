import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { checkOurs, hostsOf, leastRampMs, whoseHost } from '../../../lab/target/target-hosts.ts';
import { readTargetUrl } from '../../../lab/target/target-url.ts';
import { addressesOfInterfaces } from '../../../system/interfaces.ts';
import { Place } from '../../diagnose/place.ts';
import { skip, skipWhenMissing } from '../../skip.ts';

const containers = async () => [{ name: 'shop', address: '198.51.100.7' }];
const url = (host: string) => readTargetUrl('--url', `ws://${host}:8080/`);

describe('whose a host is', () => {
  it('looks a name up, and leaves an address as it is', async () => {
    assert.ok((await hostsOf('--url x', { host: 'localhost' })).includes('127.0.0.1'));
    assert.deepEqual(await hostsOf('--url x', { host: '2001:db8::7' }), ['2001:db8::7']);
    await assert.rejects(
      hostsOf('--url x', { host: 'nobody.invalid' }),
      /^UsageError: --url x: nobody\.invalid does not resolve \(\w+\); allowed: a name that has an address/,
    );
  });

  it("takes the loopback's addresses, those of the interfaces and those of containers", async () => {
    const own = Object.values(addressesOfInterfaces()).flat();
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', '0.0.0.0', '[::]', ...own])
      assert.equal((await whoseHost('', { host: host.replace(/[[\]]/g, '') }, containers)).ours, true, host);
    assert.deepEqual(await whoseHost('', url('198.51.100.7'), containers), {
      resolved: ['198.51.100.7'],
      addresses: ['198.51.100.7'],
      ours: true,
      container: 'shop',
    });
    assert.equal((await whoseHost('', url('198.51.100.8'), containers)).ours, false);
  });

  it('refuses the host of another, in a line that says how to mean it', async () => {
    await assert.rejects(
      checkOurs('--url ws://198.51.100.8:8080/', url('198.51.100.8'), { containers }),
      /^UsageError: --url ws:\/\/198\.51\.100\.8:8080\/: 198\.51\.100\.8 is not of this machine or its containers; allowed: one that is, or --i-may 198\.51\.100\.8$/,
    );
    await assert.rejects(
      checkOurs('--url x', url('198.51.100.8'), { iMay: '198.51.100.9', containers }),
      /^UsageError: --i-may 198\.51\.100\.9: not the host of --url x; allowed: --i-may 198\.51\.100\.8$/,
    );
  });

  it('takes it at 200 connects a second where its name is repeated, or at the rate that is said', async () => {
    const iMay = '198.51.100.8';
    const rateOf = async (host: string, rate?: number) =>
      (await checkOurs('', url(host), { iMay: host, rate, containers })).ratePerSecond;
    assert.equal((await checkOurs('', url(iMay), { iMay, containers })).ours, false);
    assert.deepEqual(
      [await rateOf(iMay), await rateOf(iMay, 5000), await rateOf('127.0.0.1')],
      [200, 5000, undefined],
    );
    assert.deepEqual(
      [leastRampMs(1000, 200), leastRampMs(1, 200), leastRampMs(1000, undefined)],
      [5000, 5, 0],
    );
  });

  describe('in a network namespace beside another', function () {
    this.timeout(30_000);
    skipWhenMissing(netns);
    let here: Place;
    let other: Place;
    before(async function () {
      if (process.getuid?.() !== 0) skip(this, 'it takes root to join two network namespaces');
      [here, other] = [await Place.make(), await Place.make()];
      here.run(`ip link add one type veth peer name two netns /proc/${other.holder}/ns/net`);
      here.run('ip addr add 192.0.2.1/24 dev one && ip link set one up');
      other.run('ip addr add 192.0.2.2/24 dev two && ip link set two up');
    });
    after(async () => {
      await here?.[Symbol.asyncDispose]();
      await other?.[Symbol.asyncDispose]();
    });

    it('only its own address is of this machine', () => {
      const script = `import { whoseHost } from './lab/target/target-hosts.ts';
        const ours = async (host) => (await whoseHost('', { host }, async () => [])).ours;
        console.log(await ours('192.0.2.1'), await ours('192.0.2.2'));`;
      const ask = ({ enter: [command = '', ...enter] }: Place) =>
        execFileSync(command, [...enter, process.execPath, '--input-type=module', '-e', script], {
          cwd: PROJECT_ROOT,
          encoding: 'utf8',
        }).trim();
      assert.equal(ask(here), 'true false');
      assert.equal(ask(other), 'false true');
    });
  });
});
